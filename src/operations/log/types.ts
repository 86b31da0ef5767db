import type { OnError, RouterObserver } from "../../router/observer.js";
import type { Clock } from "../../session/clock.js";

/** The verbosity of a log: `debug` logs everything, `silent` nothing. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** One entry of a log. */
export interface LogRecord {
  /** The time in milliseconds since 1970. */
  readonly atMs: number;
  readonly level: Exclude<LogLevel, "silent">;
  /** The code, such as `W_DENIED`; docs/observability.md explains each. Absent if there is nothing to explain. */
  readonly code?: string;
  /** The message. Text from clients is quoted, truncated and has no control characters. */
  readonly message: string;
  /** The same information as data: strings, numbers and booleans, never payloads or secrets. */
  readonly fields: LogFields;
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** A structured logger of the application, such as an instance of `pino`. */
export interface StructuredLogger {
  /** Adopts the level of the log, if the logger has this member. */
  level?: string;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Calls back when all entries are written, if the logger has this method. */
  flush?(done: () => void): void;
}

/** The destination of text, such as `process.stderr`. */
export interface LogDestination {
  write(text: string): unknown;
  /** The number of bytes that are not written yet. From 1 MiB on, lines are dropped and counted. */
  readonly writableLength?: number;
  readonly isTTY?: boolean;
  on?(event: "error", handler: (error: Error) => void): unknown;
}

/** Options of a log. At most one of `logger`, `onLog` and `destination` may be set. */
export interface LogOptions {
  /** The verbosity. It can be changed later: `log.level = "debug"`. Default: `info`. */
  readonly level?: LogLevel;
  /**
   * The format: `text` for people; `json`, one object per line in the format of `pino`; `pino`, written by the package `pino`,
   * which must be installed. Default: `text` on a terminal, else `json`.
   */
  readonly format?: "text" | "json" | "pino";
  /** Options of the package `pino`, such as `transport`, for the format `pino`. Default: none. */
  readonly pino?: object;
  /** The stream to write to. Default: standard error. */
  readonly destination?: LogDestination;
  /** A logger that receives all entries instead. Default: none. */
  readonly logger?: StructuredLogger;
  /** A function that receives all records instead. Default: none. */
  readonly onLog?: (record: LogRecord) => void;
  /** The fields of all entries, such as `{ worker: 2 }`. Default: none. */
  readonly fields?: LogFields;
  /** The time source, for tests. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * A log. `createRouter({ observer: log.observer, onError: log.onError })` logs the events of a router. Repeated entries are
 * counted, and their number is logged every ten seconds.
 */
export interface Log {
  level: LogLevel;
  readonly observer: RouterObserver;
  readonly onError: OnError;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  /** Logs a warning. `code` is one of docs/observability.md. */
  warn(code: string, message: string, fields?: LogFields): void;
  error(code: string, message: string, fields?: LogFields): void;
  /** Logs the numbers of repeated entries. Resolves when everything is written, within 2 s. Later entries are still written. */
  close(): Promise<void>;
}
