import { ProtocolViolation } from "../wire/error.js";
import type { MessageType } from "../wire/messages.js";

/**
 * The state of a session. CLOSING: the client has sent GOODBYE. SHUTTING_DOWN: the router has sent GOODBYE. FAILED: a protocol
 * violation has ended the session. Spec: Basic Profile, "Session Lifetime".
 */
export type SessionState =
  | "CLOSED"
  | "ESTABLISHING"
  | "AUTHENTICATING"
  | "ESTABLISHED"
  | "CLOSING"
  | "SHUTTING_DOWN"
  | "FAILED";

/** The legal messages of a state, each with the next state. */
type Moves = { readonly [Type in MessageType]?: SessionState };
interface StateMoves {
  readonly receives: Moves;
  readonly sends: Moves;
  /** Whether any other message is dropped instead of being a violation. */
  readonly dropsRest?: true;
}

/** The messages from the client in an established session. */
export const FROM_CLIENT: Moves = {
  PUBLISH: "ESTABLISHED",
  SUBSCRIBE: "ESTABLISHED",
  UNSUBSCRIBE: "ESTABLISHED",
  EVENT_RECEIVED: "ESTABLISHED",
  CALL: "ESTABLISHED",
  CANCEL: "ESTABLISHED",
  REGISTER: "ESTABLISHED",
  UNREGISTER: "ESTABLISHED",
  YIELD: "ESTABLISHED",
  ERROR: "ESTABLISHED",
  GOODBYE: "CLOSING",
  ABORT: "CLOSED",
};

/** The messages from the router in an established session. */
export const FROM_ROUTER: Moves = {
  PUBLISHED: "ESTABLISHED",
  SUBSCRIBED: "ESTABLISHED",
  UNSUBSCRIBED: "ESTABLISHED",
  EVENT: "ESTABLISHED",
  RESULT: "ESTABLISHED",
  REGISTERED: "ESTABLISHED",
  UNREGISTERED: "ESTABLISHED",
  INVOCATION: "ESTABLISHED",
  INTERRUPT: "ESTABLISHED",
  ERROR: "ESTABLISHED",
  GOODBYE: "SHUTTING_DOWN",
  ABORT: "CLOSED",
};

/** The messages that are legal after one side has sent GOODBYE. */
export const ENDED: Moves = { GOODBYE: "CLOSED", ABORT: "CLOSED" };
/** The state after a protocol violation. */
export const FAILED: StateMoves = { receives: {}, sends: {}, dropsRest: true };

/** The state table of one side. */
export type SessionMoves = Readonly<Record<SessionState, StateMoves>>;

/** The state machine of one session, driven by its messages. An illegal message does not change the state. */
export class SessionMachine {
  readonly #moves: SessionMoves;
  #state: SessionState = "CLOSED";
  // A message type that was legal and did not change the state is legal again. Most messages have the same type as the one before.
  #lastReceived: MessageType | undefined;
  #lastSent: MessageType | undefined;

  constructor(moves: SessionMoves) {
    this.#moves = moves;
  }

  get state(): SessionState {
    return this.#state;
  }

  /**
   * Applies a received message. Returns false if the state drops the message. Throws `ProtocolViolation` if the message is not
   * legal, so handlers need not check the state.
   */
  receive(type: MessageType): boolean {
    if (type === this.#lastReceived) return true;
    const moves = this.#moves[this.#state];
    const next = moves.receives[type];
    if (next !== undefined) {
      if (next === this.#state) this.#lastReceived = type;
      else this.#change(next);
      return true;
    }
    if (moves.dropsRest) return false;
    throw new ProtocolViolation(`${type} is not legal in state ${this.#state}`);
  }

  /** Applies a message to be sent. Returns false if it must not be sent because the session has ended. */
  send(type: MessageType): boolean {
    if (type === this.#lastSent) return true;
    const next = this.#moves[this.#state].sends[type];
    if (next === undefined) return false;
    if (next === this.#state) this.#lastSent = type;
    else this.#change(next);
    return true;
  }

  /** Ends the session, because its transport is closed: everything that still arrives is dropped, and nothing is sent. */
  end(): void {
    this.#change("FAILED");
  }

  #change(state: SessionState): void {
    this.#state = state;
    this.#lastReceived = undefined;
    this.#lastSent = undefined;
  }
}
