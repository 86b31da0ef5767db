import type { Clock } from "../session/clock.js";
import { announces, ROUTER_ROLES, type RoleName } from "../session/features.js";
import { ROUTER_MOVES, SessionMachine } from "../session/states.js";
import type { Flow, Transport, TransportListener } from "../transport/transport.js";
import { excerpt } from "../wire/bytes.js";
import { ProtocolViolation, WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { HelloDetails, Roles } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import * as uris from "../wire/uris.js";
import type { Realm } from "./realm.js";
import type { RealmSession } from "./realm-session.js";

/** What a session asks of the router that accepted it. */
export interface SessionHost {
  readonly agent: string;
  readonly clock: Clock;
  readonly handshakeTimeoutMs: number;
  readonly random: () => number;
  findRealm(name: string): Realm<RouterSession> | undefined;
  /** A fault of ours, or a handler's; never the client's. */
  report(error: unknown): void;
  /** The transport is gone, and with it this object. */
  ended(session: RouterSession): void;
}

/** Who a session is, as its WELCOME says. */
interface Identity {
  readonly id: Id;
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
  readonly roles: Roles | undefined;
}

/** Clients of one kind announce the same, and a router holds many of them: they share what they have announced. */
const KNOWN_ANNOUNCEMENTS = new Map<string, Roles>();
const MOST_ANNOUNCEMENTS = 256;

function shared(roles: Roles | undefined): Roles | undefined {
  if (roles === undefined) return undefined;
  const text = JSON.stringify(roles, (_key, value) => (typeof value === "bigint" ? String(value) : value));
  const known = KNOWN_ANNOUNCEMENTS.get(text);
  if (known) return known;
  if (text.length < 4_096 && KNOWN_ANNOUNCEMENTS.size < MOST_ANNOUNCEMENTS) KNOWN_ANNOUNCEMENTS.set(text, roles);
  return roles;
}

const NOBODY: Identity = { id: 0, authid: "", authrole: "", authmethod: "", authprovider: "", roles: undefined };
const GOING_DOWN = "the router is going down";
const KNOWN_ROLES: readonly RoleName[] = ["publisher", "subscriber", "caller", "callee"];

/**
 * The router's end of one transport: the handshake, the state of the session on it, and its orderly and disorderly end.
 * One session follows another on the same transport when the client leaves and joins again.
 */
export class RouterSession implements RealmSession, TransportListener {
  readonly flow: Flow | undefined;
  readonly #transport: Transport;
  readonly #host: SessionHost;
  #machine = new SessionMachine(ROUTER_MOVES);
  #realm: Realm<RouterSession> | undefined; // while joined
  #identity: Identity = NOBODY;
  #stopTimer: (() => void) | undefined; // of what is waited for: HELLO, or an echo of GOODBYE
  #closesAfterGoodbye = false;

  constructor(transport: Transport, host: SessionHost) {
    this.#transport = transport;
    this.flow = transport.flow;
    this.#host = host;
    this.#stopTimer = host.clock.after(host.handshakeTimeoutMs, () => {
      this.abort(uris.PROTOCOL_VIOLATION, `no HELLO within ${host.handshakeTimeoutMs} ms`);
    });
  }

  get id(): Id {
    return this.#identity.id;
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
    return this.#transport.kind;
  }

  announces(role: RoleName, feature: string): boolean {
    return announces(this.#identity.roles, role, feature);
  }

  send(message: m.Message): WampError | undefined {
    if (!this.#machine.send(message.type)) return undefined; // it has ended: nobody is left to be told
    try {
      this.#transport.send(message);
      return undefined;
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof ProtocolViolation)) throw error; // the latter from trusted bytes
      return new WampError(uris.INVALID_ARGUMENT, {
        args: [`the receiver cannot be given this payload: ${error.message}`],
      });
    }
  }

  receive(message: m.Message): void {
    try {
      if (!this.#machine.receive(message.type)) return;
      switch (message.type) {
        case "HELLO":
          return this.#hello(message);
        case "GOODBYE":
          return this.#goodbye();
        case "ABORT":
          return this.#closeTransport(message.reason);
        default:
          this.#realm?.receive(this, message);
      }
    } catch (error) {
      if (error instanceof ProtocolViolation) return this.violation(error);
      this.#host.report(error);
      this.abort(uris.PROTOCOL_VIOLATION, `${message.type} could not be carried out: internal error`);
    }
  }

  violation(fault: ProtocolViolation): void {
    this.abort(fault.reason, fault.message);
  }

  closed(): void {
    this.#stopWaiting();
    this.#leave();
    this.#host.ended(this);
  }

  /** Refuses or ends the session at once: ABORT with a reason, the realm left, the transport closed. */
  abort(reason: string, message: string): void {
    this.send({ type: "ABORT", details: { message }, reason, payload: Payload.EMPTY });
    this.#closeTransport(reason);
  }

  /** Ends the session in order: GOODBYE, and the realm is left at once. The client's echo ends the rest. */
  goodbye(reason: string, message?: string): void {
    this.send({ type: "GOODBYE", details: message === undefined ? {} : { message }, reason });
    this.#leave();
    this.#expect("an echo of GOODBYE");
  }

  /** Ends the session in order, and its transport with it. */
  shutdown(): void {
    this.#closesAfterGoodbye = true;
    if (this.#realm) this.goodbye(uris.SYSTEM_SHUTDOWN, GOING_DOWN);
    else this.close();
  }

  /** Ends the transport without another word. */
  close(): void {
    this.#leave();
    this.#transport.close(1001, GOING_DOWN);
  }

  #hello({ realm: name, details }: m.Hello): void {
    this.#stopWaiting();
    const realm = this.#host.findRealm(name);
    if (!realm) return this.abort(uris.NO_SUCH_REALM, `this router has no realm "${excerpt(name)}"`);
    if (!KNOWN_ROLES.some((role) => details.roles?.[role])) {
      throw new ProtocolViolation(`HELLO.details.roles: expected at least one of ${KNOWN_ROLES.join(", ")}`);
    }
    if (details.authmethods && details.authmethods.length > 0 && !details.authmethods.includes("anonymous")) {
      return this.abort(uris.NO_MATCHING_AUTH_METHOD, 'this realm takes the authmethod "anonymous"');
    }
    this.#welcome(realm, details);
  }

  #welcome(realm: Realm<RouterSession>, { roles }: HelloDetails): void {
    const authid = randomText(this.#host.random);
    const who = { authid, authrole: "anonymous", authmethod: "anonymous", authprovider: "static" };
    this.#identity = { ...who, id: realm.newSessionId(), roles: shared(roles) };
    this.#realm = realm;
    this.#transport.trustsPayloads = realm.trustsPayloads(this);
    const details = { realm: realm.name, agent: this.#host.agent, roles: ROUTER_ROLES, ...who };
    this.send({ type: "WELCOME", session: this.id, details });
    realm.join(this);
  }

  /** The client's GOODBYE is echoed; the client's echo of ours is not. Either way the transport may carry a new HELLO. */
  #goodbye(): void {
    this.#stopWaiting();
    this.#leave();
    this.send({ type: "GOODBYE", details: {}, reason: uris.GOODBYE_AND_OUT });
    this.#machine = new SessionMachine(ROUTER_MOVES);
    if (this.#closesAfterGoodbye) this.close();
  }

  #leave(): void {
    const realm = this.#realm;
    this.#realm = undefined;
    realm?.leave(this);
  }

  #closeTransport(reason: string): void {
    this.#stopWaiting();
    this.#leave();
    this.#transport.close(1002, reason);
  }

  /** What was waited for has come, or never will. */
  #stopWaiting(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #expect(what: string): void {
    const { clock, handshakeTimeoutMs } = this.#host;
    this.#stopTimer = clock.after(handshakeTimeoutMs, () => this.#transport.close(1002, `${what} did not come`));
  }
}

function randomText(random: () => number): string {
  const part = () =>
    Math.floor(random() * 36 ** 8)
      .toString(36)
      .padStart(8, "0");
  return `${part()}${part()}`;
}
