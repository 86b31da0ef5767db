import { type NodeGCPerformanceDetail, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import type { Exposition } from "./exposition.js";
import { Histogram } from "./histogram.js";

/** The upper bounds of durations, in seconds. */
const BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1];
/** The kinds of garbage collection, by V8's number. */
const KINDS: Readonly<Record<number, string>> = { 1: "minor", 2: "minor", 4: "major", 8: "incremental", 16: "weakcb" };
const NAME = "nodejs_gc_duration_seconds";

/** The metrics of garbage collections in this process. */
export class CollectionMetrics {
  readonly #durations = new Map(Object.values(KINDS).map((kind) => [kind, new Histogram(BOUNDS)]));
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#add(entry as CollectionEntry);
    });
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  write(out: Exposition): void {
    out.head({ name: NAME, type: "histogram", help: "Durations of garbage collections by kind, in seconds." });
    for (const [kind, durations] of this.#durations) durations.write(out, NAME, { kind });
  }

  close(): void {
    this.#observer.disconnect();
  }

  #add({ detail, duration }: CollectionEntry): void {
    this.#durations.get(KINDS[detail.kind ?? 0] ?? "")?.add(duration / 1_000); // a kind of a later V8 version is ignored
  }
}

/** A performance entry of the type `gc`. */
interface CollectionEntry extends PerformanceEntry {
  readonly detail: NodeGCPerformanceDetail;
}
