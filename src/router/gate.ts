import type { Clock } from "../session/clock.js";
import { excerpt } from "../wire/bytes.js";
import { WampError } from "../wire/error.js";
import type { Dict } from "../wire/fields.js";
import type { Call, Cancel, Publish, Register, RequestMessage, Subscribe } from "../wire/messages.js";
import { AUTHORIZATION_FAILED, CANCELED, NOT_AUTHORIZED } from "../wire/uris.js";
import type { Action } from "./authorizer.js";
import { isThenable, unexpected } from "./given.js";
import type { RealmSession } from "./realm-session.js";

/** Longest time that an authorizer may take, in milliseconds. */
const DECISION_TIMEOUT_MS = 10_000;
/** Requests of one session that wait for a decision; the session is not read while there are more. */
const MOST_HELD = 1_000;

/** What a gate asks of its realm. */
export interface GateHost {
  readonly clock: Clock;
  /** Whether a session has not left. */
  stands(session: RealmSession): boolean;
  /** Carries out a request that may pass; throws nothing. */
  carryOut(session: RealmSession, message: RequestMessage): void;
  refuse(session: RealmSession, message: RequestMessage, error: WampError): void;
  /** Tells of a fault; returns what a client is told of it. */
  report(error: unknown): WampError;
}

/** The requests of one session that wait; the first of them for its decision. */
interface Held {
  readonly waiting: (RequestMessage | undefined)[]; // undefined: a call that was canceled meanwhile
  stopTimer: () => void;
}

/** Holds requests against the authorizers of their sessions. */
export class Gate {
  readonly #host: GateHost;
  readonly #held = new Map<RealmSession, Held>();

  constructor(host: GateHost) {
    this.#host = host;
  }

  /** Whether a request may be carried out now; if not, it is refused or waits. */
  admit(session: RealmSession, message: RequestMessage | Cancel): boolean {
    const held = this.#held.get(session);
    if (message.type === "CANCEL") return !held || !this.#cancel(session, held, message);
    if (held) {
      held.waiting.push(message);
      if (held.waiting.length >= MOST_HELD) session.flow?.stop();
      return false;
    }
    const decision = this.#decide(session, message);
    if (isThenable(decision)) this.#hold(session, [message], decision);
    else if (decision === true) return true;
    else this.#host.refuse(session, message, this.#refusalOf(decision, message));
    return false;
  }

  /** Forgets what a session has asked for. */
  leave(session: RealmSession): void {
    this.#held.get(session)?.stopTimer();
    this.#held.delete(session);
  }

  /** What the authorizer has returned, which may be anything, or the error for what it has thrown. */
  #decide(session: RealmSession, message: RequestMessage): unknown {
    const asked = askedFor(message);
    const { authorizer } = session.grants;
    if (!asked || !authorizer) return true;
    const who = { session: session.id, authid: session.authid, authrole: session.authrole };
    try {
      return authorizer(who, asked.action, asked.uri, asked.options);
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** The error for a decision that is not `true`. */
  #refusalOf(decision: unknown, message: RequestMessage): WampError {
    if (decision === false) return denied(message);
    return decision instanceof WampError ? decision : this.#failed(unexpected("authorize", "true or false", decision));
  }

  #hold(session: RealmSession, waiting: RequestMessage[], decision: PromiseLike<unknown>): void {
    const held: Held = { waiting, stopTimer: () => {} };
    this.#held.set(session, held);
    const decided = (outcome: unknown) => {
      if (this.#held.get(session) !== held) return;
      try {
        this.#release(session, held, outcome);
      } catch (error) {
        this.#host.report(error);
      }
    };
    held.stopTimer = this.#host.clock.after(DECISION_TIMEOUT_MS, () =>
      decided(this.#failed(new Error(`the authorizer has not decided within ${DECISION_TIMEOUT_MS} ms`))),
    );
    Promise.resolve(decision).then(decided, (error: unknown) => decided(this.#failed(error)));
  }

  /** Carries out or refuses the first, then those behind it, up to the next that needs a decision. */
  #release(session: RealmSession, held: Held, outcome: unknown): void {
    held.stopTimer();
    this.#held.delete(session);
    const [first, ...rest] = held.waiting;
    if (first && outcome === true) this.#host.carryOut(session, first);
    else if (first) this.#host.refuse(session, first, this.#refusalOf(outcome, first));
    for (const message of rest) {
      if (!this.#host.stands(session)) return; // what came before has ended it
      if (message && this.admit(session, message)) this.#host.carryOut(session, message);
    }
    if (!this.#held.has(session)) session.flow?.start();
  }

  /** Takes a call back that waits; false where there is no such. */
  #cancel(session: RealmSession, held: Held, { request }: Cancel): boolean {
    const index = held.waiting.findIndex((message) => message?.type === "CALL" && message.request === request);
    const call = held.waiting[index];
    if (!call) return false;
    held.waiting[index] = undefined;
    this.#host.refuse(session, call, new WampError(CANCELED, { args: ["canceled by the caller"] }));
    return true;
  }

  #failed(error: unknown): WampError {
    const { kwargs } = this.#host.report(error);
    return new WampError(AUTHORIZATION_FAILED, { args: ["the authorizer could not decide"], kwargs });
  }
}

function askedFor(
  message: RequestMessage,
): { readonly action: Action; readonly uri: string; readonly options: Dict } | undefined {
  switch (message.type) {
    case "CALL":
      return asked("call", message.procedure, message);
    case "REGISTER":
      return asked("register", message.procedure, message);
    case "PUBLISH":
      return asked("publish", message.topic, message);
    case "SUBSCRIBE":
      return asked("subscribe", message.topic, message);
    default:
      return undefined; // gives back what is its own
  }
}

function asked(action: Action, uri: string, { options }: Call | Register | Publish | Subscribe) {
  return { action, uri, options: options as Dict };
}

function denied(message: RequestMessage): WampError {
  const { action, uri } = askedFor(message) ?? { action: message.type, uri: "" };
  return new WampError(NOT_AUTHORIZED, { args: [`this session may not ${action} "${excerpt(uri)}"`] });
}
