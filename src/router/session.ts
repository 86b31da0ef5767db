import { announces, type RoleName } from "../session/features.js";
import type { ProtocolViolation, WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { Message } from "../wire/messages.js";
import type { Roles } from "../wire/options.js";
import type { SessionFlow } from "./flow/session-flow.js";
import type { Grants } from "./grants.js";
import type { RealmSession, SessionIdentity } from "./realm-session.js";

/** The interface of a session to its connection. */
export interface SessionConnection {
  readonly transportKind: string;
  readonly maxReceiveBytes: number | undefined;
  readonly flow: SessionFlow | undefined;
  send(message: Message): WampError | undefined;
  violation(fault: ProtocolViolation): void;
  dismiss(): void;
  /** Sets whether further payloads are forwarded unverified. */
  trust(isTrusted: boolean): void;
  goodbye(reason: string, message?: string): void;
}

/** A client in a realm, from WELCOME to its end. Later messages to it are dropped, even if its transport has another session. */
export class RouterSession implements RealmSession {
  readonly id: Id;
  readonly node: undefined = undefined;
  grants: Grants;
  readonly flow: SessionFlow | undefined;
  frozen = false;
  side: object | undefined;
  readonly #identity: SessionIdentity;
  readonly #roles: Roles | undefined;
  #connection: SessionConnection | undefined;

  constructor(
    connection: SessionConnection,
    {
      identity,
      roles,
      grants,
    }: { readonly identity: SessionIdentity; readonly roles: Roles | undefined; readonly grants: Grants },
  ) {
    this.id = identity.id;
    this.flow = connection.flow;
    this.#connection = connection;
    this.#identity = identity;
    this.#roles = roles;
    this.grants = grants;
  }

  get authid(): string {
    return this.#identity.authid;
  }
  get authrole(): string {
    return this.#identity.authrole;
  }
  get authmethod(): string {
    return this.#identity.authmethod;
  }
  get authprovider(): string {
    return this.#identity.authprovider;
  }
  get transportKind(): string {
    return this.#connection?.transportKind ?? "";
  }

  get hasLeft(): boolean {
    return this.#connection === undefined;
  }

  get maxReceiveBytes(): number | undefined {
    return this.#connection?.maxReceiveBytes;
  }

  regrant(grants: Grants): void {
    this.grants = grants;
    this.#connection?.trust(grants.trustsPayloads);
  }

  announces(role: RoleName, feature: string): boolean {
    return announces(this.#roles, role, feature);
  }

  send(message: Message): WampError | undefined {
    return this.#connection?.send(message);
  }

  abort(fault: ProtocolViolation): void {
    this.#connection?.violation(fault);
  }

  dismiss(): void {
    this.#connection?.dismiss();
  }

  goodbye(reason: string, message?: string): void {
    this.#connection?.goodbye(reason, message);
  }

  /** Ends the session after it has left its realm. */
  end(): void {
    this.#connection = undefined;
  }
}
