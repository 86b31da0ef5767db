import { WampError } from "../../wire/error.js";
import type { Id } from "../../wire/ids.js";
import { type Arguments, Payload } from "../../wire/payload.js";
import * as uris from "../../wire/uris.js";
import { type Kind, sees, visible } from "../access/visible.js";
import type { Broker } from "../broker.js";
import type { Dealer } from "../dealer.js";
import type { Farewell } from "../dismissals.js";
import { pagingOf } from "../history.js";
import { readFilters } from "../history-filters.js";
import type { PatternBook, PatternEntry } from "../pattern-book.js";
import { identityDetails, partyOf, type RealmSession } from "../realm-session.js";
import { detailsOf as registrationDetails } from "../registrations.js";
import { checkUri, requireMatchPolicy, type UriRules } from "../requests.js";
import { type Subscription, detailsOf as subscriptionDetails } from "../subscriptions.js";
import { MetaArguments } from "./arguments.js";
import { mostIds, type PageRequest, pageAnswer, pageOfIds } from "./pages.js";
import type { MetaProcedure } from "./procedure.js";
import type { Reflection } from "./reflection.js";
import { type TestamentSubjects, testamentProcedures } from "./testament-procedures.js";

/** What the meta API asks about and acts on. */
export interface MetaSubjects extends TestamentSubjects {
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly reflection: Reflection;
  readonly sessions: ReadonlyMap<Id, RealmSession>;
  readonly uriRules: UriRules;
  /**
   * Ends the sessions that a test picks and returns them: they are gone at once, and told one after another. `silent` leaves out their
   * meta events and testaments.
   */
  endAll(test: (session: RealmSession) => boolean, farewell: Farewell, silent: boolean): readonly RealmSession[];
}

/** The procedures that a realm answers itself, by URI. Spec: Advanced Profile, "Meta API". */
export class MetaApi {
  readonly #procedures: ReadonlyMap<string, MetaProcedure>;

  constructor(subjects: MetaSubjects) {
    this.#procedures = new Map([
      ...Object.entries(sessionProcedures(subjects)),
      ...Object.entries(registrationProcedures(subjects)),
      ...Object.entries(subscriptionProcedures(subjects)),
      ...Object.entries(testamentProcedures(subjects)),
      ...Object.entries(subjects.reflection.procedures()),
    ]);
  }

  /** The answer to a call of a procedure, or `undefined` where it is none of these. */
  find(procedure: string): ((given: Arguments, caller: RealmSession) => Payload) | undefined {
    const found = this.#procedures.get(procedure);
    if (!found) return undefined;
    return (given, caller) => {
      const answer = found(new MetaArguments(given), caller);
      return answer instanceof Payload ? answer : Payload.of(answer);
    };
  }
}

/** A session as the meta API describes it; where its client connects from is nobody's business. */
export function sessionDetails(session: RealmSession): Readonly<Record<string, unknown>> {
  return { session: session.id, ...identityDetails(session), transport: { type: session.transportKind } };
}

function sessionProcedures({ sessions, uriRules, endAll }: MetaSubjects): Readonly<Record<string, MetaProcedure>> {
  return {
    "wamp.session.count": (given) => [countOf(ofRoles(sessions.values(), given))],
    "wamp.session.list": (given, receiver) =>
      pageAnswer(pageOfIds(ofRoles(sessions.values(), given), { from: given.from(), receiver })),
    "wamp.session.get": (given) => [sessionDetails(requireSession(sessions, given.id(0, "session")))],
    "wamp.session.kill": (given, caller) => {
      const victim = requireSession(sessions, given.id(0, "session"), caller);
      const { reason, message } = farewell(given, uriRules);
      victim.goodbye(reason, message);
      return [];
    },
    "wamp.session.kill_by_authid": (given, caller) => {
      const authid = given.text(0, "authid");
      const ofIdentity = (session: RealmSession) => session !== caller && session.authid === authid;
      const victims = endAll(ofIdentity, farewell(given, uriRules), false);
      const told = victims.slice(0, mostIds(caller));
      const rest = told.length < victims.length ? { more: true, count: victims.length } : {}; // they are gone: no page can list them
      return Payload.of([told.map(({ id }) => id)], rest);
    },
    "wamp.session.kill_by_authrole": (given, caller) => {
      const authrole = given.text(0, "authrole");
      const ofRole = (session: RealmSession) => session !== caller && session.authrole === authrole;
      return [endAll(ofRole, farewell(given, uriRules), false).length];
    },
    "wamp.session.kill_all": (given, caller) => {
      const isOther = (session: RealmSession) => session !== caller;
      return [endAll(isOther, farewell(given, uriRules), true).length]; // nobody is left to hear of them
    },
  };
}

function registrationProcedures({
  dealer: { registrations },
  dealer,
  sessions,
  uriRules,
}: MetaSubjects): Readonly<Record<string, MetaProcedure>> {
  const require = (id: Id, reader: RealmSession) => {
    const registration = registrations.book.byId(id);
    if (registration && sees(reader, "procedure", registration)) return registration;
    throw new WampError(uris.NO_SUCH_REGISTRATION, { args: [`there is no registration ${id}`] });
  };
  return {
    "wamp.registration.list": (given, receiver) =>
      byPolicy(registrations.book, "procedure", { from: given.from(), receiver }),
    "wamp.registration.lookup": (given, caller) => [
      idFor(caller, "procedure", registrations.book.lookup(given.uri("procedure", uriRules), policyOf(given))),
    ],
    "wamp.registration.match": (given, caller) => [
      idFor(caller, "procedure", dealer.match(given.uri("procedure", uriRules))),
    ],
    "wamp.registration.get": (given, caller) => [registrationDetails(require(given.id(0, "registration"), caller))],
    "wamp.registration.list_callees": (given, receiver) => {
      const callees = require(given.id(0, "registration"), receiver).callees.map(({ session }) => session);
      return pageAnswer(pageOfIds(callees, { from: given.from(), receiver }));
    },
    "wamp.registration.count_callees": (given, caller) => [require(given.id(0, "registration"), caller).callees.length],
    "wamp.registration.remove_callee": (given) => {
      const registration = given.id(0, "registration");
      dealer.revoke(requireSession(sessions, given.id(1, "session")), registration, given.optionalKwarg("reason"));
      return [];
    },
  };
}

function subscriptionProcedures({
  broker: { subscriptions },
  broker,
  policies,
  sessions,
  uriRules,
}: MetaSubjects): Readonly<Record<string, MetaProcedure>> {
  const require = (id: Id, reader: RealmSession) => {
    const subscription = subscriptions.book.byId(id);
    if (subscription && sees(reader, "topic", subscription)) return subscription;
    throw noSuchSubscription(id);
  };
  /** A history is as good as a subscription: policies are asked about it, unless they have let the session subscribe. */
  const checkHistory = (reader: RealmSession, { id, uri, match, subscribers }: Subscription) => {
    if (!policies || subscribers.has(reader)) return;
    const asked = { type: "SUBSCRIBE" as const, request: 0, topic: uri, options: { match } };
    const { topic, options } = policies.rewrite(partyOf(reader), asked);
    if (topic !== uri || requireMatchPolicy(options.match) !== match) throw noSuchSubscription(id); // it would have got another
  };
  return {
    "wamp.subscription.list": (given, receiver) =>
      byPolicy(subscriptions.book, "topic", { from: given.from(), receiver }),
    "wamp.subscription.lookup": (given, caller) => [
      idFor(caller, "topic", subscriptions.book.lookup(given.uri("topic", uriRules), policyOf(given))),
    ],
    "wamp.subscription.match": (given, receiver) => {
      const found = visible(receiver, "topic", subscriptions.book.matching(given.uri("topic", uriRules)));
      const page = pageOfIds(found, { from: given.from(), receiver });
      return pageAnswer(page, page.items.length > 0 ? page.items : null);
    },
    "wamp.subscription.get": (given, caller) => [subscriptionDetails(require(given.id(0, "subscription"), caller))],
    "wamp.subscription.list_subscribers": (given, receiver) => {
      const { subscribers } = require(given.id(0, "subscription"), receiver);
      return pageAnswer(pageOfIds(subscribers, { from: given.from(), receiver }));
    },
    "wamp.subscription.count_subscribers": (given, caller) => [
      require(given.id(0, "subscription"), caller).subscribers.size,
    ],
    "wamp.subscription.remove_subscriber": (given) => {
      const subscription = given.id(0, "subscription");
      broker.revoke(requireSession(sessions, given.id(1, "session")), subscription, given.optionalKwarg("reason"));
      return [];
    },
    // Each positional result is one event.
    "wamp.subscription.get_events": (given, caller) => {
      const [subscription, filters] = [given.id(0, "subscription"), readFilters(given.kwargs)];
      checkHistory(caller, require(subscription, caller));
      const page = broker.history(caller, subscription, filters);
      return Payload.of(page.records, pagingOf(page));
    },
  };
}

function noSuchSubscription(id: Id): WampError {
  return new WampError(uris.NO_SUCH_SUBSCRIPTION, { args: [`there is no subscription ${id}`] });
}

function requireSession(sessions: ReadonlyMap<Id, RealmSession>, id: Id, except?: RealmSession): RealmSession {
  const session = sessions.get(id);
  if (session && session !== except) return session;
  throw new WampError(uris.NO_SUCH_SESSION, {
    args: [`there is no ${except ? "other " : ""}session ${id} in this realm`],
  });
}

/** The reason and the message of a GOODBYE, from a kill's keyword arguments. */
function farewell(given: MetaArguments, { limits }: UriRules): Farewell {
  const reason = given.kwargs.reason ?? uris.KILLED;
  if (typeof reason !== "string") {
    throw new WampError(uris.INVALID_URI, { args: [`reason: expected a URI such as ${uris.KILLED}`] });
  }
  checkUri(reason, { limits, strictUris: false });
  return { reason, message: given.optionalKwarg("message") };
}

function policyOf(given: MetaArguments): uris.MatchPolicy {
  const { match } = given.optionalDict(1, "options");
  return requireMatchPolicy(typeof match === "string" ? match : undefined);
}

/** The ID of an entry that a session may know of, or null. */
function idFor(reader: RealmSession, kind: Kind, entry: PatternEntry | undefined): Id | null {
  return entry && sees(reader, kind, entry) ? entry.id : null;
}

/** Answers a page of all entries of a book that the receiver may know of, their IDs by match policy. */
function byPolicy<Entry extends PatternEntry>(
  book: Pick<PatternBook<Entry>, "all" | "byId">,
  kind: Kind,
  request: PageRequest & { readonly receiver: RealmSession },
): Payload {
  const page = pageOfIds(visible(request.receiver, kind, book.all()), request);
  const lists: Record<uris.MatchPolicy, Id[]> = { exact: [], prefix: [], wildcard: [] };
  for (const id of page.items) {
    const entry = book.byId(id);
    if (entry) lists[entry.match].push(id);
  }
  return pageAnswer(page, lists);
}

/** The sessions of the roles that the first argument names; all of them where it is missing. */
function ofRoles(sessions: Iterable<RealmSession>, given: MetaArguments): Iterable<RealmSession> {
  const authroles = given.optionalTexts(0, "filter_authroles");
  return authroles ? filtered(sessions, new Set(authroles)) : sessions;
}

function* filtered(sessions: Iterable<RealmSession>, authroles: ReadonlySet<string>): Iterable<RealmSession> {
  for (const session of sessions) if (authroles.has(session.authrole)) yield session;
}

function countOf(all: Iterable<unknown>): number {
  let count = 0;
  for (const _ of all) count++;
  return count;
}
