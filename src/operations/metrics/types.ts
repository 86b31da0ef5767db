import type { RouterMeter } from "../../router/meter.js";
import type { Router } from "../../router/router.js";

/** Options of metrics. */
export interface MetricsOptions {
  /**
   * The registered URIs and patterns with their own time series. All others are counted as `other`. Default: the first
   * `maxProcedures` that are called.
   */
  readonly procedures?: readonly string[];
  /** The maximum number of procedures, over all realms, with their own time series. Default: 100. */
  readonly maxProcedures?: number;
  /** Whether to measure this process: CPU, memory, event loop. Default: true. */
  readonly process?: boolean;
  /** Whether to measure garbage collections, which costs a busy router about 2 % of its time. Default: false. */
  readonly gc?: boolean;
}

/**
 * The metrics of one router. `createRouter({ meter: metrics })` counts into them, and `metrics.text(router)` returns them in the
 * Prometheus text format.
 */
export interface Metrics extends RouterMeter {
  /** Returns the body of an answer with the type `text/plain; version=0.0.4`. */
  text(router: Router): string;
  /** Stops measuring this process. */
  close(): void;
}
