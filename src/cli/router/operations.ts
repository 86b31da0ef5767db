import type { Prepared } from "../../config/prepare.js";
import { createLog } from "../../operations/log/log.js";
import type { Log } from "../../operations/log/types.js";
import { createMetrics } from "../../operations/metrics/metrics.js";
import type { Metrics } from "../../operations/metrics/types.js";
import type { RouterConfig } from "../../router/config.js";
import type { RouterEvent } from "../../router/observer.js";
import type { Source } from "./configuration.js";

/** The logs and metrics of a running router. */
export interface Operations {
  readonly log: Log;
  readonly metrics: Metrics | undefined;
  /** Whether the output is text for people, with the first screen. */
  readonly isForPeople: boolean;
  /** The options for the router. */
  readonly config: Pick<RouterConfig, "observer" | "onError" | "meter">;
  /** Reports a weak setting, before the router listens. */
  warn(code: string, words: string): void;
  /** Reports why the router cannot start. */
  fail(code: string, words: string): void;
}

/** Creates logs and metrics. Rejects if the log needs `pino` and that is not installed. */
export async function createOperations({ prepared, hasFile }: Source): Promise<Operations> {
  const { logs = {}, metrics: measured = {} } = prepared.settings;
  const { format = hasFile && !process.stderr.isTTY ? "json" : "text" } = logs;
  const log = await createLog({ ...logs, format });
  const metrics = prepared.admin && createMetrics(measured);
  const isForPeople = format === "text";
  const observer = (event: RouterEvent) => {
    if (!isSaid(event, isForPeople)) log.observer(event);
  };
  return {
    log,
    metrics,
    isForPeople,
    config: { observer, onError: log.onError, ...(metrics && { meter: metrics }) },
    warn: (code, words) => (isForPeople ? console.error(`warning ${code}: ${words}`) : log.warn(code, words)),
    fail: (code, words) => (isForPeople ? console.error(words) : log.error(code, words.replaceAll("\n", "; "))),
  };
}

/** Returns whether the command itself reports an event: the shutdown and the first screen. */
function isSaid({ type }: RouterEvent, isForPeople: boolean): boolean {
  return type === "draining" || (type === "listening" && isForPeople);
}

/** Returns the place of the log settings, for error messages. */
export function logPlace({ config }: Pick<Prepared, "config">): string {
  return [config.name, "logs"].filter(Boolean).join(": ");
}
