import type { RealmMeter } from "../../router/meter.js";
import type { RouterEvent } from "../../router/observer.js";
import type { Router } from "../../router/router.js";
import type { MessageType } from "../../wire/messages.js";
import { checkSettings, flag, natural, type SettingRules } from "../../wire/settings.js";
import { BoundedCounts } from "./bounded-counts.js";
import { ProcedureNames } from "./call-counts.js";
import { writeCluster } from "./cluster-metrics.js";
import { CollectionMetrics } from "./collection-metrics.js";
import { Exposition } from "./exposition.js";
import { MessageCounts } from "./message-counts.js";
import { ProcessMetrics } from "./process-metrics.js";
import { RealmCounts } from "./realm-counts.js";
import { writeRealmCounts, writeRealmStates } from "./realm-metrics.js";
import type { Metrics, MetricsOptions } from "./types.js";

const RULES: SettingRules<MetricsOptions> = {
  procedures: {
    expected: "a list of registered URIs and patterns",
    accepts: (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
  },
  maxProcedures: natural,
  process: flag,
  gc: flag,
};

/** The maximum number of reasons for refusals with their own counts. */
const MOST_REASONS = 50;

/**
 * Creates the metrics of one router: `createRouter({ meter: metrics })`. Throws `TypeError` for an unknown option or an
 * invalid value.
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  checkSettings(options, RULES, "createMetrics");
  return new RouterMetrics(options);
}

class RouterMetrics implements Metrics {
  readonly #names: ProcedureNames;
  readonly #realms = new Map<string, RealmCounts>();
  readonly #received = new MessageCounts();
  readonly #sent = new MessageCounts();
  readonly #refused = new BoundedCounts(MOST_REASONS);
  readonly #process: ProcessMetrics | undefined;
  readonly #collections: CollectionMetrics | undefined;
  #abandoned = 0;
  #faults = 0;

  constructor({ procedures, maxProcedures = 100, process = true, gc = false }: MetricsOptions) {
    this.#names = new ProcedureNames({ procedures, maxProcedures });
    if (process) this.#process = new ProcessMetrics();
    if (gc) this.#collections = new CollectionMetrics();
  }

  received(type: MessageType, bytes: number): void {
    this.#received.add(type, bytes);
  }

  sent(type: MessageType, bytes: number): void {
    this.#sent.add(type, bytes);
  }

  realm(name: string): RealmMeter {
    return this.#countsOf(name);
  }

  readonly observe = (event: RouterEvent): void => {
    if ("realm" in event) this.#countsOf(event.realm).observe(event);
    else if (event.type === "refused") this.#refused.add(event.reason);
    else if (event.type === "abandoned") this.#abandoned++;
    else if (event.type === "fault") this.#faults++;
  };

  text(router: Router): string {
    const out = new Exposition();
    this.#writeRouter(out, router);
    this.#received.write(out, "received");
    this.#sent.write(out, "sent");
    const realms = [...this.#realms.values()];
    writeRealmStates(out, router);
    writeRealmCounts(out, realms);
    this.#process?.write(out);
    this.#collections?.write(out);
    return out.text;
  }

  close(): void {
    this.#process?.close();
    this.#collections?.close();
  }

  #writeRouter(out: Exposition, router: Router): void {
    const { listening, draining, connections, waitingHandshakes, unsentBytes, unfinishedBytes, cluster } =
      router.status();
    const gauge = (name: string, help: string, value: number) => out.single({ name, type: "gauge", help }, value);
    const counter = (name: string, help: string, value: number) => out.single({ name, type: "counter", help }, value);
    gauge("wampact_listeners", "Active listeners.", listening);
    gauge("wampact_draining", "1 while the router is shutting down or closed.", Number(draining));
    gauge("wampact_connections", "Connections, including those without a session.", connections);
    gauge("wampact_waiting_handshakes", "Delayed handshakes.", waitingHandshakes);
    gauge("wampact_unsent_bytes", "Unsent bytes of connections that read slowly.", unsentBytes);
    gauge("wampact_unfinished_bytes", "Memory of messages that have arrived in part.", unfinishedBytes);
    const refused = "wampact_connections_refused_total";
    out.head({ name: refused, type: "counter", help: "Connections refused before they joined, by reason." });
    for (const [reason, count] of this.#refused.entries()) out.sample(refused, { reason }, count);
    counter(
      "wampact_connections_abandoned_total",
      "Connections ended by their clients before they joined.",
      this.#abandoned,
    );
    counter("wampact_faults_total", "Internal errors of the router, a policy, a store or a listener.", this.#faults);
    if (cluster) writeCluster(out, cluster);
  }

  #countsOf(name: string): RealmCounts {
    let counts = this.#realms.get(name);
    if (!counts) {
      counts = new RealmCounts(name, this.#names);
      this.#realms.set(name, counts);
    }
    return counts;
  }
}
