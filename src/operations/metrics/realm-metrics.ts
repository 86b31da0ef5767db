import type { RealmStats } from "../../router/realm-stats.js";
import type { Router } from "../../router/router.js";
import type { GuardedStoreStats } from "../../router/store/guarded.js";
import type { BoundedCounts } from "./bounded-counts.js";
import type { Exposition, MetricHead } from "./exposition.js";
import type { RealmCounts } from "./realm-counts.js";

const STATES: readonly (readonly [stat: keyof RealmStats, name: string, help: string])[] = [
  ["subscriptions", "wampact_subscriptions", "Topics and patterns with subscribers."],
  ["subscribers", "wampact_subscribers", "Subscribers of all topics and patterns."],
  ["registrations", "wampact_registrations", "Registered procedures and patterns."],
  ["callees", "wampact_callees", "Callees of all procedures and patterns."],
  ["pendingCalls", "wampact_pending_calls", "Pending calls."],
];

type StoreMetric = readonly [stat: keyof GuardedStoreStats, head: MetricHead];

const STORES: readonly StoreMetric[] = [
  ["retainedEvents", gauge("wampact_store_retained_events", "Retained events in the event store.")],
  [
    "retainedBytes",
    gauge("wampact_store_retained_bytes", "Size of the retained events in bytes, as counted by the store."),
  ],
  ["historyEvents", gauge("wampact_store_history_events", "Events in the histories of the event store.")],
  ["historyBytes", gauge("wampact_store_history_bytes", "Size of the histories in bytes, as counted by the store.")],
  ["failing", gauge("wampact_store_failing", "1 while the event store cannot write.")],
  ["dropped", counter("wampact_store_dropped_events_total", "Events dropped because of the limits of the store.")],
  ["notKept", counter("wampact_store_failed_events_total", "Events that could not be stored.")],
  ["stops", counter("wampact_store_stops_total", "Times that a session was not read until its events were stored.")],
  [
    "forgotten",
    counter(
      "wampact_store_forgotten_total",
      "Times that sent retained events were forgotten early, with possible repeats.",
    ),
  ],
];

/** Writes the current state of each realm and its event store. Values that a store does not count are omitted. */
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

/** Writes the counts of each realm. */
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
  numbers(counter("wampact_sessions_joined_total", "Sessions that joined."), ({ joined }) => joined);
  texts(counter("wampact_sessions_ended_total", "Sessions that ended, by who ended them."), "by", ({ ended }) => ended);
  texts(
    counter("wampact_sessions_cut_total", "Sessions whose connections were cut, by cause."),
    "cause",
    ({ cut }) => cut,
  );
  numbers(
    counter("wampact_callees_frozen_total", "Times that a callee owed an answer and did not respond."),
    ({ frozen }) => frozen,
  );

  const calls = counter("wampact_calls_total", "Calls routed to a callee, by procedure and outcome.");
  out.head(calls);
  for (const { name, calls: counts } of realms) counts.writeCounts(out, calls.name, { realm: name });
  const duration = "wampact_call_duration_seconds";
  out.head({ name: duration, type: "histogram", help: "Time from CALL to the last answer, by procedure, in seconds." });
  for (const { name, calls: counts } of realms) counts.writeDurations(out, duration, { realm: name });
  texts(
    counter("wampact_calls_refused_total", "Calls refused before they were routed to a callee, by outcome."),
    "outcome",
    ({ refusedCalls }) => refusedCalls,
  );

  numbers(
    counter("wampact_events_published_total", "Published events, including meta events."),
    ({ publications }) => publications,
  );
  numbers(
    counter("wampact_events_sent_total", "Events sent to subscribers, counted once per receiver."),
    ({ deliveries }) => deliveries,
  );
  texts(
    counter("wampact_events_dropped_total", "Events that could not be delivered to a receiver, by reason."),
    "reason",
    ({ dropped }) => dropped,
  );
  texts(
    counter("wampact_requests_denied_total", "Requests denied by permissions, by type."),
    "request",
    ({ denied }) => denied,
  );
  texts(
    counter("wampact_requests_limited_total", "Requests refused because of a limit, by its name."),
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
