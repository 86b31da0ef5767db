import type { OnError, RouterObserver } from "../../router/observer.js";
import type { Clock } from "../../session/clock.js";

/** How much a log tells: `debug` everything, `silent` nothing. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** One entry of a log, before it is written. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly level: Exclude<LogLevel, "silent">;
  /** What it is about, such as `W_DENIED`: docs/observability.md explains each. Missing where there is nothing to explain. */
  readonly code?: string;
  /** In words; what a client has sent is quoted in it, cut, and has no control characters. */
  readonly message: string;
  /** The same as data: texts, numbers and booleans, never a payload or a secret. */
  readonly fields: LogFields;
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** A logger of the application's, such as an instance of `pino`. */
export interface StructuredLogger {
  /** Follows the level of the log, where it has one. */
  level?: string;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Calls back when what was logged is written, where it has such a method. */
  flush?(done: () => void): void;
}

/** Where text is written, such as `process.stderr`. */
export interface LogDestination {
  write(text: string): unknown;
  /** Bytes that wait in this process. From 1 MiB on lines are dropped and counted. */
  readonly writableLength?: number;
  readonly isTTY?: boolean;
  on?(event: "error", handler: (error: Error) => void): unknown;
}

/** What a log tells, and to whom. One of `logger`, `onLog` and `destination` at most. */
export interface LogOptions {
  /** Default `info`. It can be changed later: `log.level = "debug"`. */
  readonly level?: LogLevel;
  /**
   * `text` for people; `json`, one object a line, in the format of `pino`; `pino`, written by the package itself, which has to be installed.
   * Default: `text` on a terminal, else `json`.
   */
  readonly format?: "text" | "json" | "pino";
  /** Options of the package `pino`, such as its `transport`, for the format `pino`. Default: none. */
  readonly pino?: object;
  /** Where lines are written. Default: standard error. */
  readonly destination?: LogDestination;
  /** A logger of yours that is given everything instead. Default: none. */
  readonly logger?: StructuredLogger;
  /** A function of yours that is given each record instead. Default: none. */
  readonly onLog?: (record: LogRecord) => void;
  /** For tests. Default: the system's. */
  readonly clock?: Clock;
}

/**
 * A log: `createRouter({ observer: log.observer, onError: log.onError })` writes what a router tells to it. What repeats is counted, and
 * written once in ten seconds.
 */
export interface Log {
  level: LogLevel;
  readonly observer: RouterObserver;
  readonly onError: OnError;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  /** `code` is one of docs/observability.md. */
  warn(code: string, message: string, fields?: LogFields): void;
  error(code: string, message: string, fields?: LogFields): void;
  /** Writes what was counted and not told yet. Resolves when all is written, within 2 s. What is logged afterwards is still written. */
  close(): Promise<void>;
}
