import type { Clock } from "../../session/clock.js";
import type { Action, Decision } from "../authorizer.js";
import type { RealmSession } from "../realm-session.js";

/** The maximum number of cached decisions of one session. The oldest is removed. */
const MOST = 1_000;
/** The maximum length of a URI with cached decisions. */
const LONGEST = 1_024;

/** A question to an authorizer. */
export interface Question {
  readonly action: Action;
  readonly uri: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** The action and URI that the client has requested, if different. A denial does not reveal more. */
  readonly named?: Pick<Question, "action" | "uri">;
}

interface Known {
  readonly decision: Decision;
  readonly untilMs: number;
}

/** Cached decisions. */
export class Decisions {
  readonly #clock: Pick<Clock, "now">;
  readonly #bySession = new Map<RealmSession, Map<string, Known>>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  find(session: RealmSession, question: Question): Decision | undefined {
    const own = this.#bySession.get(session);
    if (!own) return undefined;
    const key = keyOf(question);
    const known = own.get(key);
    if (!known || known.untilMs > this.#clock.now()) return known?.decision;
    own.delete(key);
    return undefined;
  }

  remember(session: RealmSession, question: Question, decision: Decision): void {
    if (!decision.validMs || question.uri.length > LONGEST) return;
    const own = this.#bySession.get(session) ?? new Map<string, Known>();
    this.#bySession.set(session, own);
    const key = keyOf(question);
    own.delete(key);
    own.set(key, { decision, untilMs: this.#clock.now() + decision.validMs });
    if (own.size > MOST) own.delete(own.keys().next().value as string);
  }

  forget(session: RealmSession): void {
    this.#bySession.delete(session);
  }
}

function keyOf({ action, uri, options: { match = "exact" } }: Question): string {
  return `${action} ${String(match)} ${uri}`;
}
