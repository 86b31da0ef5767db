import type { Dict } from "../../wire/fields.js";
import { type Arguments, Payload } from "../../wire/payload.js";
import { isThenable } from "../given.js";
import type { Question } from "../realm-link.js";
import type { RealmSession } from "../realm-session.js";
import { MetaArguments } from "./arguments.js";
import type { MetaAnswer, MetaProcedure } from "./procedure.js";
import { registrationProcedures } from "./registration-procedures.js";
import { answerRevoke, REVOKE } from "./revocations.js";
import { sessionProcedures } from "./session-procedures.js";
import type { MetaSubjects } from "./subjects.js";
import { answerSubscriberCount, answerSubscribers, SUBSCRIBER_COUNT, SUBSCRIBERS } from "./subscribers.js";
import { subscriptionProcedures } from "./subscription-procedures.js";
import { testamentProcedures } from "./testament-procedures.js";

/** The procedures that a realm answers itself, by URI, and the questions of other routers. Spec: Advanced Profile, "Meta API". */
export class MetaApi {
  readonly #procedures: ReadonlyMap<string, MetaProcedure>;
  readonly #answers: ReadonlyMap<string, (given: Dict) => unknown>;

  constructor(subjects: MetaSubjects) {
    const { reflection } = subjects;
    this.#procedures = new Map([
      ...Object.entries(sessionProcedures(subjects)),
      ...Object.entries(registrationProcedures(subjects)),
      ...Object.entries(subscriptionProcedures(subjects)),
      ...Object.entries(testamentProcedures(subjects)),
      ...Object.entries(reflection.procedures(subjects)),
    ]);
    this.#answers = new Map<string, (given: Dict) => unknown>([
      [SUBSCRIBERS, (given) => answerSubscribers(subjects, given)],
      [SUBSCRIBER_COUNT, (given) => answerSubscriberCount(subjects, given)],
      [REVOKE, (given) => answerRevoke(subjects, given)],
      ...Object.entries(reflection.answers()),
    ]);
  }

  /** Returns the implementation of a procedure; `undefined` for any other URI. It returns a promise in a linked realm, or with an asynchronous event store. */
  find(procedure: string): ((given: Arguments, caller: RealmSession) => Payload | Promise<Payload>) | undefined {
    const found = this.#procedures.get(procedure);
    if (!found) return undefined;
    return (given, caller) => {
      const answer = found(new MetaArguments(given), caller);
      return isThenable(answer) ? Promise.resolve(answer).then(payloadOf) : payloadOf(answer);
    };
  }

  /** Answers a question of another router with JSON data; `undefined` for an unknown question. Throws `WampError`. */
  answer({ about, given }: Question): unknown {
    return this.#answers.get(about)?.(given);
  }
}

function payloadOf(answer: MetaAnswer): Payload {
  return answer instanceof Payload ? answer : Payload.of(answer);
}
