import { ProtocolViolation } from "../wire/error.js";
import type { MessageType } from "../wire/messages.js";

/**
 * Where a session stands. CLOSING: the client has said GOODBYE. SHUTTING_DOWN: the router has. FAILED: ended by a
 * protocol violation. Spec: Basic Profile, "Session Lifetime".
 */
export type SessionState =
  | "CLOSED"
  | "ESTABLISHING"
  | "AUTHENTICATING"
  | "ESTABLISHED"
  | "CLOSING"
  | "SHUTTING_DOWN"
  | "FAILED";

/** The legal messages of a state, each with the state that follows. */
type Moves = { readonly [Type in MessageType]?: SessionState };
interface StateMoves {
  readonly receives: Moves;
  readonly sends: Moves;
  /** Whether anything else that comes is dropped rather than a violation. */
  readonly dropsRest?: true;
}

/** What a client sends in a session that stands, read by the router. */
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

/** What the router sends in a session that stands, read by the client. */
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

/** One side has said GOODBYE, and waits for the other. */
export const ENDED: Moves = { GOODBYE: "CLOSED", ABORT: "CLOSED" };
/** A protocol violation has ended the session. */
export const FAILED: StateMoves = { receives: {}, sends: {}, dropsRest: true };

/** Every state of one end. */
export type SessionMoves = Readonly<Record<SessionState, StateMoves>>;

/** The state of one session, moved by the messages that pass. A message with no legal move changes nothing. */
export class SessionMachine {
  readonly #moves: SessionMoves;
  #state: SessionState = "CLOSED";
  // What came and was sent last without changing the state is legal again: most messages are like the one before.
  #lastReceived: MessageType | undefined;
  #lastSent: MessageType | undefined;

  constructor(moves: SessionMoves) {
    this.#moves = moves;
  }

  get state(): SessionState {
    return this.#state;
  }

  /**
   * Moves by a message that came. False: the state drops it. Throws `ProtocolViolation` where it is not legal, so no
   * handler has to check the state again.
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
    throw new ProtocolViolation(`${type} is not legal in the state ${this.#state}`);
  }

  /** Moves by a message about to be sent. False where it must not be sent any more: the session has ended under it. */
  send(type: MessageType): boolean {
    if (type === this.#lastSent) return true;
    const next = this.#moves[this.#state].sends[type];
    if (next === undefined) return false;
    if (next === this.#state) this.#lastSent = type;
    else this.#change(next);
    return true;
  }

  #change(state: SessionState): void {
    this.#state = state;
    this.#lastReceived = undefined;
    this.#lastSent = undefined;
  }
}
