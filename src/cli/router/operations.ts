import type { Prepared } from "../../config/prepare.js";
import { createLog } from "../../operations/log/log.js";
import type { Log, LogOptions } from "../../operations/log/types.js";
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

/** The format of a log that nobody has chosen. */
export type LogFormat = NonNullable<LogOptions["format"]>;

/** How the operations of one of several processes differ: the number of the worker, and the format of the log that all write to. */
export interface WorkerOperations {
  readonly worker: number;
  readonly format: LogFormat;
}

/** The format of the log of this process. */
export function formatOf({ prepared, hasFile }: Source): LogFormat {
  return prepared.settings.logs?.format ?? (hasFile && !process.stderr.isTTY ? "json" : "text");
}

/** Creates logs and metrics. Rejects if the log needs `pino` and that is not installed. */
export async function createOperations(source: Source, ofWorker?: WorkerOperations): Promise<Operations> {
  const { prepared } = source;
  const { logs = {}, metrics: measured = {} } = prepared.settings;
  const format = ofWorker?.format ?? formatOf(source);
  const log = await createLog({ ...logs, format, ...(ofWorker && { fields: { worker: ofWorker.worker } }) });
  const metrics = prepared.admin && createMetrics(measured);
  const isForPeople = format === "text";
  const observer = (event: RouterEvent) => {
    if (event.type === "cluster" && ofWorker && !prepared.settings.cluster) return; // the primary reports lost workers
    if (!isSaid(event, isForPeople || ofWorker !== undefined)) log.observer(event);
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

/** Returns whether the command itself reports an event: the shutdown, and the first screen or the addresses of all workers. */
function isSaid({ type }: RouterEvent, saysWhere: boolean): boolean {
  return type === "draining" || (type === "listening" && saysWhere);
}

/** Returns the place of the log settings, for error messages. */
export function logPlace({ config }: Pick<Prepared, "config">): string {
  return [config.name, "logs"].filter(Boolean).join(": ");
}
