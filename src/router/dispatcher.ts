import { ProtocolViolation } from "../wire/error.js";
import type { Call, Message } from "../wire/messages.js";
import type { Payload } from "../wire/payload.js";
import type { RefusedPayload } from "../wire/refused-payload.js";
import { isReserved } from "../wire/uris.js";
import { denialOf } from "./access/permitted.js";
import type { Announcer } from "./announcer.js";
import type { Broker } from "./broker.js";
import type { Dealer } from "./dealer.js";
import type { Disclosure } from "./disclosure.js";
import type { Admission, Gate } from "./gate.js";
import type { MetaApi } from "./meta/meta.js";
import type { Policies } from "./policy.js";
import type { RealmLink } from "./realm-link.js";
import { isForRealm, isGated, type RealmMessage } from "./realm-messages.js";
import { partyOf, type RealmSession } from "./realm-session.js";
import type { Refusals } from "./refusals.js";
import { RequestSequences } from "./request-sequences.js";
import type { RealmWatch } from "./watch.js";

/** The parts of a realm that the messages of its clients concern. */
export interface DispatcherParts {
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly meta: MetaApi;
  readonly gate: Gate;
  readonly refusals: Refusals;
  readonly announcements: Pick<Announcer, "isEmpty" | "flush">;
  readonly policies: Policies | undefined;
  readonly watch: RealmWatch;
  /** Whether a client's request IDs must count 1, 2, 3 …. */
  readonly strictRequestIds: boolean;
  /** Returns the link to other routers; `undefined` if there are none. */
  link(): RealmLink | undefined;
  /** Returns whether a session is still in the realm. */
  stands(session: RealmSession): boolean;
}

/**
 * Leads a client's message through the realm: permissions, authorizer, policies, then broker, dealer or meta API. Only this class
 * turns a refused request into an ERROR.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #sequences: RequestSequences | undefined; // if request IDs are checked

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#sequences = parts.strictRequestIds ? new RequestSequences() : undefined;
  }

  /** Carries out a client's message. Throws only `ProtocolViolation`, for a message that a client must not send. */
  receive(session: RealmSession, message: Message): void {
    if (!isForRealm(message)) return; // EVENT_RECEIVED needs no action
    this.#sequences?.check(session, message);
    const { permissions, authorizer } = session.grants;
    const denial = permissions && denialOf(permissions, message);
    if (denial) return this.#parts.refusals.refuse(session, message, denial);
    const { gate } = this.#parts;
    if ((!authorizer && !gate.isHolding) || !isGated(message)) return this.#carryOut(session, message);
    const admission = gate.admit(session, message);
    if (admission && this.#parts.stands(session)) this.#carryOut(session, message, admission.disclosure); // an authorizer may end the session
  }

  /** Refuses a message whose payload could not be read. The session continues. Throws as `receive` does. */
  refuse(session: RealmSession, { head, error }: RefusedPayload): void {
    if (!isForRealm(head)) throw new ProtocolViolation(error.message);
    this.#sequences?.check(session, head);
    this.#parts.refusals.refuse(session, head, error);
  }

  /** Carries out a message that had to wait. */
  carryOutLater(session: RealmSession, message: RealmMessage, { disclosure }: Admission): void {
    if (!this.#parts.stands(session)) return;
    const { permissions } = session.grants; // they may have changed by now
    const denial = permissions && denialOf(permissions, message);
    if (denial) return this.#parts.refusals.refuse(session, message, denial);
    try {
      this.#carryOut(session, message, disclosure);
    } catch (error) {
      session.abort(error as ProtocolViolation);
    }
  }

  /** Forgets the request IDs of a session. */
  leave(session: RealmSession): void {
    this.#sequences?.leave(session);
  }

  /** Carries out an authorized message. Answers an exception with ERROR; throws only violations. */
  #carryOut(session: RealmSession, message: RealmMessage, disclosure?: Disclosure): void {
    try {
      const { policies } = this.#parts;
      const asked = policies?.rewrite(partyOf(session), message) ?? message;
      if (policies && session.hasLeft) return; // a policy has ended it
      const later = this.#dispatch(session, asked, disclosure);
      if (later) void this.#finish(session, message, later);
    } catch (error) {
      if (error instanceof ProtocolViolation) throw error;
      this.#parts.refusals.failed(session, message, error);
    }
    if (!this.#parts.announcements.isEmpty) this.#parts.announcements.flush();
  }

  /** Resolves when a request is complete that other routers must know of first. Never rejects. */
  async #finish(session: RealmSession, message: RealmMessage, later: Promise<void>): Promise<void> {
    try {
      await later;
    } catch (error) {
      if (!this.#parts.stands(session)) return; // nobody is left to answer
      if (error instanceof ProtocolViolation) session.abort(error);
      else this.#parts.refusals.failed(session, message, error);
    } finally {
      this.#parts.announcements.flush();
    }
  }

  /** Carries out a message. Returns a promise if other routers must know first. */
  #dispatch(session: RealmSession, message: RealmMessage, disclosure: Disclosure | undefined): Promise<void> | void {
    switch (message.type) {
      case "CALL":
        return this.#call(session, message, disclosure);
      case "YIELD":
        return this.#parts.dealer.answers.yield(session, message);
      case "PUBLISH":
        return this.#parts.broker.publish(session, message, disclosure);
      case "ERROR":
        return this.#parts.dealer.answers.error(session, message);
      case "CANCEL":
        return this.#parts.dealer.cancel(session, message);
      case "SUBSCRIBE":
        return this.#parts.broker.subscribe(session, message);
      case "UNSUBSCRIBE":
        return this.#parts.broker.unsubscribe(session, message);
      case "REGISTER":
        return this.#parts.dealer.register(session, message, disclosure);
      case "UNREGISTER":
        return this.#parts.dealer.unregister(session, message);
    }
  }

  /** Routes a call: the realm itself answers a meta procedure, a callee any other. */
  #call(session: RealmSession, message: Call, disclosure: Disclosure | undefined): Promise<void> | void {
    const meta = isReserved(message.procedure) ? this.#parts.meta.find(message.procedure) : undefined;
    if (!meta) return this.#parts.dealer.call(session, message, disclosure);
    const timing = this.#parts.watch.begin(0);
    const answer = (payload: Payload) => {
      const refusal = session.send({ type: "RESULT", request: message.request, details: {}, payload });
      if (refusal) throw refusal;
      this.#parts.watch.answered(timing);
    };
    const link = this.#parts.link();
    if (link) return this.#answerLinked(link, session, { look: () => meta(message.payload, session), answer });
    const found = meta(message.payload, session);
    return found instanceof Promise ? this.#answerLater(session, found, answer) : answer(found);
  }

  /** Answers a call later, unless the session has left meanwhile. */
  async #answerLater(
    session: RealmSession,
    found: Promise<Payload>,
    answer: (payload: Payload) => void,
  ): Promise<void> {
    const payload = await found;
    if (this.#parts.stands(session)) answer(payload);
  }

  /** Answers a meta procedure after everything that other routers have sent so far was processed. */
  async #answerLinked(
    link: RealmLink,
    session: RealmSession,
    { look, answer }: { look(): Payload | Promise<Payload>; answer(payload: Payload): void },
  ): Promise<void> {
    await link.flush();
    if (this.#parts.stands(session)) await this.#answerLater(session, Promise.resolve(look()), answer);
  }
}
