import type { Clock } from "../session/clock.js";
import { ProtocolViolation, WampError } from "../wire/error.js";
import type { Cancel, RequestMessage } from "../wire/messages.js";
import { AUTHORIZATION_FAILED, CANCELED, UNAVAILABLE } from "../wire/uris.js";
import { Decisions, type Question } from "./access/decisions.js";
import { notAuthorized } from "./access/permitted.js";
import { type Decision, readDecision } from "./authorizer.js";
import type { Disclosure } from "./disclosure.js";
import { isThenable } from "./given.js";
import type { Grants } from "./grants.js";
import { partyOf, type RealmSession } from "./realm-session.js";

/** The timeout of an authorizer, in milliseconds. */
const DECISION_TIMEOUT_MS = 10_000;
/** The maximum number of requests of one session that wait for a decision. With more, the session is not read. */
const MOST_HELD = 1_000;
/** The maximum size of these requests, in bytes. With more, the session is not read. */
const MOST_HELD_BYTES = 1024 * 1024;
/** The maximum number for a session that cannot be slowed down. Beyond it, requests are refused. */
const MOST_UNREAD = 10_000;

/** The interface of a gate to its realm. */
export interface GateHost {
  readonly clock: Clock;
  /** Returns whether a session is still in the realm. */
  stands(session: RealmSession): boolean;
  /** Carries out an authorized request. Never throws. */
  carryOut(session: RealmSession, message: RequestMessage, admission: Admission): void;
  /** Returns the questions to authorize a request. */
  questionsOf(session: RealmSession, message: RequestMessage): readonly Question[];
  refuse(session: RealmSession, message: RequestMessage, error: WampError): void;
  /** Reports an internal error. Returns the error for the client. */
  report(error: unknown): WampError;
}

/** The result of an authorization. */
export interface Admission {
  /** Replaces the disclosure of the realm. */
  readonly disclosure: Disclosure | undefined;
}

const ADMITTED: Admission = { disclosure: undefined };

type Ruling = Admission | WampError;

/** The queued requests of one session. The first one waits for its decision. */
interface Held {
  readonly waiting: (RequestMessage | undefined)[]; // undefined: a canceled call
  /** The bytes that had been received from the session before them. */
  sinceBytes: number;
  stopTimer: () => void;
}

/** Checks requests with the authorizers of their sessions. */
export class Gate {
  readonly #host: GateHost;
  readonly #decisions: Decisions;
  readonly #held = new Map<RealmSession, Held>();

  constructor(host: GateHost) {
    this.#host = host;
    this.#decisions = new Decisions(host.clock);
  }

  /** Whether requests wait. Later requests of their sessions must then be admitted, too, even without an authorizer. */
  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Returns how a request may be carried out; `undefined` if it is refused or waits. */
  admit(session: RealmSession, message: RequestMessage | Cancel): Admission | undefined {
    const held = this.#held.get(session);
    if (message.type === "CANCEL") return held && this.#cancel(session, held, message) ? undefined : ADMITTED;
    if (held && !session.flow && held.waiting.length >= MOST_UNREAD) {
      this.#host.refuse(session, message, tooMany());
      return undefined;
    }
    if (held) {
      held.waiting.push(message);
      if (held.waiting.length >= MOST_HELD || bytesIn(session) - held.sinceBytes > MOST_HELD_BYTES)
        session.flow?.stop();
      return undefined;
    }
    const ruling = this.#judge(session, this.#host.questionsOf(session, message));
    if (isThenable(ruling)) this.#hold(session, [message], ruling);
    else if (!(ruling instanceof WampError)) return ruling;
    else this.#host.refuse(session, message, ruling);
    return undefined;
  }

  /** Returns why a session may not perform an action, independent of a request; `undefined` if it may. Never rejects. */
  denialOf(session: RealmSession, question: Question): WampError | undefined | Promise<WampError | undefined> {
    const judged = this.#judge(session, [question]);
    return judged instanceof Promise ? this.#inTime(judged).then(denialIn) : denialIn(judged);
  }

  /** Forgets cached decisions. */
  forget(session: RealmSession): void {
    this.#decisions.forget(session);
  }

  /** Forgets the requests of a session. Its testaments may still be authorized; `forget` follows after that. */
  leave(session: RealmSession): void {
    const held = this.#held.get(session);
    if (!held) return;
    held.stopTimer();
    this.#held.delete(session);
    session.flow?.start(); // the client's answer to GOODBYE is read
  }

  /** Asks the questions in order, until one is denied. */
  #judge(session: RealmSession, [question, ...rest]: readonly Question[]): Ruling | Promise<Ruling> {
    if (!question) return ADMITTED;
    const goOn = (ruling: Ruling) =>
      ruling instanceof WampError || rest.length === 0 ? ruling : this.#judge(session, rest);
    const ruling = this.#ask(session, question);
    return ruling instanceof Promise ? ruling.then(goOn) : goOn(ruling);
  }

  #ask(session: RealmSession, question: Question): Ruling | Promise<Ruling> {
    const known = this.#decisions.find(session, question);
    if (known) return rulingOf(known, question);
    const { grants } = session;
    const { authorizer } = grants;
    if (!authorizer) return ADMITTED;
    const read = (answer: unknown) => this.#read(session, question, { answer, grants });
    try {
      const answer: unknown = authorizer(partyOf(session), question.action, question.uri, question.options);
      if (!isThenable(answer)) return read(answer);
      return Promise.resolve(answer).then(read, (error: unknown) => this.#failed(error));
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** Reads a decision. A decision under grants from before a refresh is not cached. */
  #read(
    session: RealmSession,
    question: Question,
    { answer, grants }: { readonly answer: unknown; readonly grants: Grants },
  ): Ruling {
    try {
      const decision = readDecision(answer);
      if (this.#host.stands(session) && session.grants === grants)
        this.#decisions.remember(session, question, decision);
      return rulingOf(decision, question);
    } catch (error) {
      return this.#failed(error);
    }
  }

  #hold(session: RealmSession, waiting: RequestMessage[], ruling: PromiseLike<Ruling>): void {
    const held: Held = { waiting, sinceBytes: bytesIn(session), stopTimer: () => {} };
    this.#held.set(session, held);
    held.stopTimer = this.#host.clock.after(DECISION_TIMEOUT_MS, () => this.#decided(session, held, this.#tooLate()));
    this.#await(session, held, ruling);
  }

  /** Waits for a decision. A decision from before a refresh is requested again within the remaining time. */
  #await(session: RealmSession, held: Held, ruling: PromiseLike<Ruling>): void {
    const { grants } = session;
    const told = (outcome: Ruling) => {
      const [first] = held.waiting;
      if (!first || session.grants === grants || this.#held.get(session) !== held)
        return this.#decided(session, held, outcome);
      const again = this.#judge(session, this.#host.questionsOf(session, first));
      if (isThenable(again)) this.#await(session, held, again);
      else this.#decided(session, held, again);
    };
    Promise.resolve(ruling)
      .catch((error: unknown) => this.#failed(error))
      .then(told)
      .catch((error: unknown) => this.#decided(session, held, this.#failed(error)));
  }

  #decided(session: RealmSession, held: Held, ruling: Ruling): void {
    if (this.#held.get(session) !== held) return;
    try {
      this.#release(session, held, ruling);
    } catch (error) {
      if (error instanceof ProtocolViolation) return session.abort(error); // a trusted session's payload is malformed
      this.#host.report(error);
      session.flow?.start();
    }
  }

  /** Carries out or refuses the first request and those after it, up to the next one that needs a decision. */
  #release(session: RealmSession, held: Held, ruling: Ruling): void {
    held.stopTimer();
    this.#held.delete(session);
    const [first, ...rest] = held.waiting;
    if (first && ruling instanceof WampError) this.#host.refuse(session, first, ruling);
    else if (first) this.#host.carryOut(session, first, ruling as Admission);
    for (const message of rest) {
      if (!this.#host.stands(session)) break; // an earlier request has ended it
      const admission = message && this.admit(session, message);
      if (message && admission) this.#host.carryOut(session, message, admission);
    }
    const again = this.#held.get(session);
    if (again)
      again.sinceBytes = held.sinceBytes; // most of them were counted before
    else session.flow?.start();
  }

  /** Cancels a waiting call. Returns false if there is none. */
  #cancel(session: RealmSession, held: Held, { request }: Cancel): boolean {
    const index = held.waiting.findIndex((message) => message?.type === "CALL" && message.request === request);
    const call = held.waiting[index];
    if (!call) return false;
    held.waiting[index] = undefined;
    this.#host.refuse(session, call, new WampError(CANCELED, { args: ["canceled by the caller"] }));
    return true;
  }

  #inTime(judged: Promise<Ruling>): Promise<Ruling> {
    return new Promise((resolve) => {
      const stopTimer = this.#host.clock.after(DECISION_TIMEOUT_MS, () => resolve(this.#tooLate()));
      void judged.then(resolve).finally(stopTimer);
    });
  }

  #tooLate(): WampError {
    return this.#failed(new Error(`the authorizer did not decide within ${DECISION_TIMEOUT_MS} ms`));
  }

  #failed(error: unknown): WampError {
    const { kwargs } = this.#host.report(error);
    return new WampError(AUTHORIZATION_FAILED, { args: ["the authorizer failed"], kwargs });
  }
}

function bytesIn({ flow }: RealmSession): number {
  return flow?.receivedBytes ?? 0;
}

function tooMany(): WampError {
  return new WampError(UNAVAILABLE, {
    args: [`${MOST_UNREAD} requests of this session wait for the authorizer; try again later`],
  });
}

function denialIn(ruling: Ruling): WampError | undefined {
  return ruling instanceof WampError ? ruling : undefined;
}

function rulingOf({ allow, disclose }: Decision, { action, uri, options: { match }, named }: Question): Ruling {
  if (!allow && named) return notAuthorized(named.action, named.uri);
  if (!allow) return notAuthorized(action, uri, match === "prefix" || match === "wildcard" ? match : "exact");
  if (disclose === undefined) return ADMITTED;
  return { disclosure: disclose ? "always" : "never" };
}
