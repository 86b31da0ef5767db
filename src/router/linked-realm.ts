import type { Id } from "../wire/ids.js";
import type { Announcer } from "./announcer.js";
import { answerError } from "./answers.js";
import type { Broker } from "./broker.js";
import type { Dealer } from "./dealer.js";
import type { Dismissals } from "./dismissals.js";
import type { Faults } from "./faults.js";
import type { RealmLoad } from "./limits.js";
import type { Reflection } from "./meta/reflection.js";
import type { LinkedRealm, LinkedSubscriptions, Question } from "./realm-link.js";
import type { RealmSession } from "./realm-session.js";
import type { Subscriptions } from "./subscriptions.js";
import type { Testaments } from "./testaments.js";

/** The parts of a linked realm. */
export interface LinkedRealmParts {
  readonly name: string;
  readonly sessions: Map<Id, RealmSession>;
  readonly dealer: Dealer;
  readonly broker: Broker;
  readonly faults: Faults;
  readonly testaments: Pick<Testaments, "bytes">;
  readonly reflection: Pick<Reflection, "stats">;
  /** The load at other routers that counts against the realm's limits. */
  readonly elsewhere: RealmLoad;
  readonly announcements: Announcer;
  readonly dismissals: Dismissals;
  refresh(): Promise<void>;
  answer(question: Question): unknown;
}

/** Creates the interface of a realm for its link. */
export function linkedRealm(parts: LinkedRealmParts): LinkedRealm {
  const { name, sessions, dealer, broker, faults, announcements, dismissals } = parts;
  /** A change is complete: sends its meta events. */
  const changed = () => announcements.flush();
  /** Runs a function and reports its exceptions, so that none reaches the link. */
  const safely = (run: () => void) => {
    faults.guard(run);
    changed();
  };
  return {
    name,
    sessions,
    applyRegistration: ({ callees, ...terms }) => {
      faults.guard(() => dealer.registrations.apply(terms, callees));
      queueMicrotask(changed); // after the answer to the session that caused it
    },
    invoke: (caller, call) => {
      try {
        return dealer.relayed.invoke(caller, call);
      } catch (error) {
        answerError(caller, { requestType: "CALL", request: call.request }, faults.tell(error));
        return undefined;
      }
    },
    giveUp: (caller, cancel) => safely(() => dealer.relayed.giveUp(caller, cancel)),
    answered: (callee, answer) =>
      safely(() =>
        answer.type === "YIELD" ? dealer.answers.yield(callee, answer) : dealer.answers.error(callee, answer),
      ),
    returned: (callee, invocation, why) => safely(() => dealer.returned(callee, invocation, why)),
    callerGone: (caller) => safely(() => dealer.leave(caller)),
    opened: () => safely(() => broker.open()),
    subscriptions: linkedSubscriptions(broker.subscriptions, safely),
    deliver: (publication) => safely(() => broker.deliver(publication)),
    addRemote: (session) => void sessions.set(session.id, session),
    removeRemote: (session, reached) => {
      if (sessions.get(session.id) === session) sessions.delete(session.id);
      if (reached !== undefined) safely(() => dealer.returnedAbove(session, reached));
      const undo = () => dealer.leave(session); // what it held here
      safely(() => announcements.during(undo, { silent: dismissals.isSilenced(session) }));
    },
    freeze: (session, isFrozen) => safely(() => dealer.freeze(session, isFrozen)),
    revoke: (session, registration, reason) => safely(() => revoke(dealer, session, registration, reason)),
    bequeath: (testaments) => {
      for (const testament of testaments) safely(() => announcements.publish(testament));
    },
    departed: (session, life) => safely(() => announcements.left(session, life)),
    rejoined: (session, life) => safely(() => announcements.joined(session, life)),
    endAll: (ending) => safely(() => dismissals.endOwn(ending)),
    load: (callers) => {
      const relayedCalls = dealer.callsOf(callers);
      const pendingCalls = dealer.stats.pendingCalls - relayedCalls;
      const { definitions } = parts.reflection.stats;
      return { pendingCalls, relayedCalls, testamentBytes: parts.testaments.bytes, definitions };
    },
    setElsewhere: (load) => void Object.assign(parts.elsewhere, load),
    refresh: () => void parts.refresh().catch((error: unknown) => faults.tell(error)),
    answer: (question) => {
      try {
        return parts.answer(question);
      } finally {
        changed();
      }
    },
  };
}

function linkedSubscriptions(
  { book, elsewhere }: Subscriptions,
  safely: (run: () => void) => void,
): LinkedSubscriptions {
  return {
    book,
    add: (...interest) => safely(() => elsewhere.add(...interest)),
    remove: (...interest) => safely(() => elsewhere.remove(...interest)),
    routerGone: (...gone) => safely(() => elsewhere.routerGone(...gone)),
    tell: (...news) => safely(() => elsewhere.tell(...news)),
    introduced: (router) => safely(() => elsewhere.introduced(router)),
    forgetMembers: (router) => safely(() => elsewhere.forgetMembers(router)),
  };
}

/** Revokes a registration. A session that cannot be informed is ended: it would wait for calls that never come. */
function revoke(dealer: Dealer, session: RealmSession, registration: Id, reason: string): void {
  const held = dealer.registrations.find(session, registration);
  if (!held) return;
  dealer.revoke(session, registration, reason);
  if (!session.announces("callee", "registration_revocation")) {
    session.goodbye(reason, `the registration of "${held.uri}" is lost to another router`);
  }
}
