import type { RealmStats } from "../../router/realm-stats.js";
import type { Router } from "../../router/router.js";
import type { GuardedStoreStats } from "../../router/store/guarded.js";
import type { BoundedCounts } from "./bounded-counts.js";
import type { Exposition, MetricHead } from "./exposition.js";
import type { RealmCounts } from "./realm-counts.js";

const STATES: readonly (readonly [stat: keyof RealmStats, name: string, help: string])[] = [
  ["subscriptions", "wampact_subscriptions", "Subscriptions: topics and patterns, whoever has subscribed."],
  ["subscribers", "wampact_subscribers", "Sessions that have subscribed."],
  ["registrations", "wampact_registrations", "Registrations: procedures and patterns, whoever serves them."],
  ["callees", "wampact_callees", "Sessions that have registered."],
  ["pendingCalls", "wampact_pending_calls", "Calls that wait for their last answer."],
];

type StoreMetric = readonly [stat: keyof GuardedStoreStats, head: MetricHead];

const STORES: readonly StoreMetric[] = [
  ["retainedEvents", gauge("wampact_store_retained_events", "Retained events that the event store keeps.")],
  ["retainedBytes", gauge("wampact_store_retained_bytes", "Bytes of retained events, as the store counts them.")],
  ["historyEvents", gauge("wampact_store_history_events", "Events in the histories that the event store keeps.")],
  ["historyBytes", gauge("wampact_store_history_bytes", "Bytes of histories, as the store counts them.")],
  ["failing", gauge("wampact_store_failing", "1 while the event store cannot write.")],
  ["dropped", counter("wampact_store_dropped_events_total", "Events dropped to stay within the bounds of the store.")],
  ["notKept", counter("wampact_store_failed_events_total", "Events that were to be kept and could not be.")],
];

/** Writes what each realm and its event store hold now. What a store does not count is left out. */
export function writeRealmStates(out: Exposition, router: Router): void {
  const stats = router.realms.map((realm) => [realm, router.stats(realm)] as const);
  for (const [stat, name, help] of STATES) {
    out.head({ name, type: "gauge", help });
    for (const [realm, held] of stats) out.sample(name, { realm }, held[stat]);
  }
  const stores = router.realms.map((realm) => [realm, router.storeStats(realm)] as const);
  for (const [stat, head] of STORES) {
    out.head(head);
    for (const [realm, store] of stores) {
      const value = store[stat];
      if (value !== undefined) out.sample(head.name, { realm }, Number(value));
    }
  }
}

/** Writes what has happened in each realm. */
export function writeRealmCounts(out: Exposition, realms: readonly RealmCounts[]): void {
  const numbers = (head: MetricHead, read: (counts: RealmCounts) => number) => {
    out.head(head);
    for (const counts of realms) out.sample(head.name, { realm: counts.name }, read(counts));
  };
  const texts = (head: MetricHead, label: string, read: (counts: RealmCounts) => BoundedCounts) => {
    out.head(head);
    for (const counts of realms) {
      for (const [text, count] of read(counts).entries()) {
        out.sample(head.name, { realm: counts.name, [label]: text }, count);
      }
    }
  };
  texts(gauge("wampact_sessions", "Sessions, by role."), "role", ({ sessions }) => sessions);
  numbers(counter("wampact_sessions_joined_total", "Sessions that have joined."), ({ joined }) => joined);
  texts(
    counter("wampact_sessions_ended_total", "Sessions that have ended, by who ended them."),
    "by",
    ({ ended }) => ended,
  );
  texts(
    counter("wampact_sessions_cut_total", "Sessions whose connections were cut, by cause."),
    "cause",
    ({ cut }) => cut,
  );
  numbers(
    counter("wampact_callees_frozen_total", "How often a callee owed an answer and showed no sign of life."),
    ({ frozen }) => frozen,
  );

  const calls = counter("wampact_calls_total", "Calls that a callee had, by procedure and outcome.");
  out.head(calls);
  for (const { name, calls: counts } of realms) counts.writeCounts(out, calls.name, { realm: name });
  const duration = "wampact_call_duration_seconds";
  out.head({ name: duration, type: "histogram", help: "Time from CALL to the last answer, by procedure, in seconds." });
  for (const { name, calls: counts } of realms) counts.writeDurations(out, duration, { realm: name });
  texts(
    counter("wampact_calls_refused_total", "Calls refused before any callee had them, by outcome."),
    "outcome",
    ({ refusedCalls }) => refusedCalls,
  );

  numbers(
    counter("wampact_events_published_total", "Events that were published, meta events included."),
    ({ publications }) => publications,
  );
  numbers(
    counter("wampact_events_sent_total", "Events sent to subscribers: one for each that gets it."),
    ({ deliveries }) => deliveries,
  );
  texts(
    counter("wampact_events_dropped_total", "Events that one receiver could not be given, by reason."),
    "reason",
    ({ dropped }) => dropped,
  );
  texts(
    counter("wampact_requests_denied_total", "Requests that their sessions may not make, by type."),
    "request",
    ({ denied }) => denied,
  );
  texts(
    counter("wampact_requests_limited_total", "Requests beyond a limit, by its name."),
    "limit",
    ({ limited }) => limited,
  );
}

function gauge(name: string, help: string): MetricHead {
  return { name, type: "gauge", help };
}

function counter(name: string, help: string): MetricHead {
  return { name, type: "counter", help };
}
