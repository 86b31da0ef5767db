import { WampError } from "../../wire/error.js";
import type { Id } from "../../wire/ids.js";
import { Payload } from "../../wire/payload.js";
import { NO_SUCH_SUBSCRIPTION } from "../../wire/uris.js";
import { sees, visible } from "../access/visible.js";
import { pagingOf } from "../history.js";
import { readFilters } from "../history-filters.js";
import { partyOf, type RealmSession } from "../realm-session.js";
import { requireMatchPolicy } from "../requests.js";
import { detailsOf, type Subscription } from "../subscription.js";
import { byPolicy, pageAnswer, pageOfIds } from "./pages.js";
import type { MetaProcedure } from "./procedure.js";
import { revoked } from "./revocations.js";
import { idFor, type MetaSubjects, policyOf, requireSession } from "./subjects.js";
import { countSubscribers, listSubscribers } from "./subscribers.js";

/** Creates the procedures about subscriptions. */
export function subscriptionProcedures(subjects: MetaSubjects): Readonly<Record<string, MetaProcedure>> {
  const { broker, policies, uriRules } = subjects;
  const { subscriptions } = broker;
  const require = (id: Id, reader: RealmSession) => {
    const subscription = subscriptions.book.byId(id);
    if (subscription && sees(reader, "topic", subscription)) return subscription;
    throw noSuchSubscription(id);
  };
  /**
   * Checks access to a history. It is equivalent to a subscription, so policies decide, unless they have let the session
   * subscribe.
   */
  const checkHistory = (reader: RealmSession, { id, uri, match, subscribers }: Subscription) => {
    if (!policies || subscribers.has(reader)) return;
    const asked = { type: "SUBSCRIBE" as const, request: 0, topic: uri, options: { match } };
    const { topic, options } = policies.rewrite(partyOf(reader), asked);
    if (topic !== uri || requireMatchPolicy(options.match) !== match) throw noSuchSubscription(id); // a policy would have changed the subscription
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
    "wamp.subscription.get": (given, caller) => [detailsOf(require(given.id(0, "subscription"), caller))],
    "wamp.subscription.list_subscribers": (given, receiver) => {
      const subscription = require(given.id(0, "subscription"), receiver);
      return listSubscribers(subjects, subscription, { from: given.from(), receiver });
    },
    "wamp.subscription.count_subscribers": (given, caller) =>
      countSubscribers(subjects, require(given.id(0, "subscription"), caller)),
    "wamp.subscription.remove_subscriber": (given) => {
      const subscription = given.id(0, "subscription");
      const session = requireSession(subjects, given.id(1, "session"));
      return revoked(subjects, {
        from: "subscription",
        entry: subscription,
        session,
        reason: given.optionalKwarg("reason"),
      });
    },
    // Each positional result is one event.
    "wamp.subscription.get_events": (given, caller) => {
      const [subscription, filters] = [given.id(0, "subscription"), readFilters(given.kwargs)];
      checkHistory(caller, require(subscription, caller));
      const answer = () => {
        const page = broker.history(caller, subscription, filters);
        return Payload.of(page.records, pagingOf(page));
      };
      const settled = broker.historySettled(subscription);
      if (!settled) return answer();
      return settled.then((refusal) => {
        if (refusal) throw refusal;
        return answer();
      });
    },
  };
}

function noSuchSubscription(id: Id): WampError {
  return new WampError(NO_SUCH_SUBSCRIPTION, { args: [`there is no subscription ${id}`] });
}
