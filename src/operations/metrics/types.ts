import type { RouterMeter } from "../../router/meter.js";
import type { Router } from "../../router/router.js";

/** What is measured. */
export interface MetricsOptions {
  /**
   * Procedures that have series of their own, as they are registered: URIs and patterns. All others are counted as `other`.
   * Default: the first that are called, `maxProcedures` of them.
   */
  readonly procedures?: readonly string[];
  /** How many procedures of all realms have series of their own. Default 100. */
  readonly maxProcedures?: number;
  /** Whether this process is measured, too: CPU, memory, event loop. Default true. */
  readonly process?: boolean;
  /** Whether garbage collections are measured, which costs a busy router about two hundredths of its time. Default false. */
  readonly gc?: boolean;
}

/**
 * Metrics of one router: `createRouter({ meter: metrics })` counts into them, and `metrics.text(router)` gives them in the text format of
 * Prometheus.
 */
export interface Metrics extends RouterMeter {
  /** Content of an answer of the type `text/plain; version=0.0.4`. */
  text(router: Router): string;
  /** Ends the measuring of this process. */
  close(): void;
}
