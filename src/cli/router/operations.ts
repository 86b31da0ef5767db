import type { Prepared } from "../../config/prepare.js";
import { createLog } from "../../operations/log/log.js";
import type { Log } from "../../operations/log/types.js";
import { createMetrics } from "../../operations/metrics/metrics.js";
import type { Metrics } from "../../operations/metrics/types.js";
import type { RouterConfig } from "../../router/config.js";
import type { RouterEvent } from "../../router/observer.js";
import type { Source } from "./configuration.js";

/** What a router tells those who run it. */
export interface Operations {
  readonly log: Log;
  readonly metrics: Metrics | undefined;
  /** Whether people read it: text, with the first screen. */
  readonly isForPeople: boolean;
  /** What the router takes of it. */
  readonly config: Pick<RouterConfig, "observer" | "onError" | "meter">;
  /** Tells what is weak, before the router listens. */
  warn(code: string, words: string): void;
  /** Tells why the router cannot start. */
  fail(code: string, words: string): void;
}

/** Makes log and metrics. Rejects where the log needs `pino` and that is not installed. */
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

/** Whether the command says it itself: how long calls have, and the first screen. */
function isSaid({ type }: RouterEvent, isForPeople: boolean): boolean {
  return type === "draining" || (type === "listening" && isForPeople);
}

/** What the log is asked for, for messages about it. */
export function logPlace({ config }: Pick<Prepared, "config">): string {
  return [config.name, "logs"].filter(Boolean).join(": ");
}
