import type { SessionFlow } from "../router/flow/session-flow.js";
import type { Grants } from "../router/grants.js";
import { SESSION_LIMITS } from "../router/limits.js";
import type { RealmSession } from "../router/realm-session.js";
import type { RoleName } from "../session/features.js";
import { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { Message } from "../wire/messages.js";
import { UNAVAILABLE } from "../wire/uris.js";
import type { SessionState } from "./frames/state.js";
import type { LinkContext } from "./link-context.js";
import { LinkFlow } from "./link-flow.js";
import type { Peer } from "./peer.js";

/** The grants of a remote session. Its own router authorizes what it does and what it receives. */
export const GRANTED_ELSEWHERE: Grants = {
  limits: SESSION_LIMITS,
  trustsPayloads: false,
  permissions: undefined,
  authorizer: undefined,
  disclosure: () => "requested",
  trustLevel: () => undefined,
};

/** A session of another node. Messages to it are sent to its router as frames. */
export class RemoteSession implements RealmSession {
  readonly id: Id;
  readonly node: string;
  readonly incarnation: number;
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
  readonly transportKind: string;
  readonly maxReceiveBytes: number | undefined;
  readonly grants: Grants = GRANTED_ELSEWHERE;
  frozen: boolean = false;
  /** As its node says, regardless of the state of the node. */
  isFrozenThere: boolean;
  readonly #peer: Peer;
  readonly #context: LinkContext;
  readonly #features: readonly string[];
  #linkFlow: LinkFlow | undefined; // created with the first call

  constructor(state: SessionState, peer: Peer, context: LinkContext) {
    this.id = state.id;
    this.node = peer.node;
    this.incarnation = peer.incarnation;
    this.authid = state.authid;
    this.authrole = state.authrole;
    this.authmethod = state.authmethod;
    this.authprovider = state.authprovider;
    this.transportKind = state.transport;
    this.maxReceiveBytes = state.maxReceiveBytes;
    this.isFrozenThere = state.frozen === true;
    this.#features = state.features;
    this.#peer = peer;
    this.#context = context;
  }

  get flow(): SessionFlow {
    return this.#flow().flow;
  }

  /** Returns the features that its client has announced as a callee, as far as other routers ask. */
  announces(role: RoleName, feature: string): boolean {
    return role === "callee" && this.#features.includes(feature);
  }

  send(message: Message): WampError | undefined {
    const realm = this.#context.number;
    const { id } = this;
    switch (message.type) {
      case "INVOCATION": {
        if (this.#context.isIsolated) return new WampError(UNAVAILABLE, { args: [CUT_OFF] });
        const { request, registration, details, payload } = message;
        return this.#try({ type: "CALL", realm, callee: id, request, registration, details, payload });
      }
      case "INTERRUPT": {
        const { request, options } = message;
        return this.#try({ type: "CANCEL", realm, callee: id, request, mode: options.mode ?? "killnowait" });
      }
      default:
        return undefined; // its own router sends it the other messages
    }
  }

  goodbye(reason: string, message?: string): void {
    this.#peer.send({ type: "KILL", realm: this.#context.number, session: this.id, reason, details: { message } });
  }

  /** Does nothing: its own router updates its grants. */
  regrant(): void {}
  abort(): void {}
  dismiss(): void {}

  /** Its node reports that it has much to read, or no longer does. */
  choke(isChoked: boolean): void {
    this.#flow().choke(isChoked);
  }

  /** The session has left. */
  end(): void {
    this.#linkFlow?.end();
  }

  #try(frame: Parameters<Peer["send"]>[0]): WampError | undefined {
    try {
      this.#peer.send(frame);
      return undefined;
    } catch (error) {
      return unsendable(error);
    }
  }

  #flow(): LinkFlow {
    const { host, number: realm } = this.#context;
    this.#linkFlow ??= new LinkFlow(this.#peer, host, (isChoked) =>
      this.#peer.send({ type: "CHOKE", realm, callee: this.id, side: "callers", isChoked }),
    );
    return this.#linkFlow;
  }
}

/** Returns the error for a payload that cannot be sent to another node. */
export function unsendable(error: unknown): WampError {
  const why = error instanceof Error ? error.message : String(error);
  return new WampError("wamp.error.invalid_argument", {
    args: [`another router cannot be given this payload: ${why}`],
  });
}

const CUT_OFF = "this router is cut off from the others";
