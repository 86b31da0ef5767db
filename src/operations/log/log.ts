import type { RouterEvent } from "../../router/observer.js";
import type { Clock } from "../../session/clock.js";
import { timerMs } from "../../transport/timer.js";
import { callback, checkSettings, object, oneOf, type SettingRules, withMethods } from "../../wire/settings.js";
import { describe, type Entry } from "./describe.js";
import { printable, quoted } from "./printable.js";
import { Repeats } from "./repeats.js";
import { createSink, printableFields, type Sink } from "./sinks.js";
import type { Log, LogFields, LogLevel, LogOptions, LogRecord } from "./types.js";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];
const LEVEL = oneOf(...LEVELS);

const RULES: SettingRules<LogOptions> = {
  level: LEVEL,
  format: oneOf("text", "json", "pino"),
  pino: object,
  destination: withMethods("a stream such as process.stderr", "write"),
  logger: withMethods("a logger such as an instance of pino", "debug", "info", "warn", "error"),
  onLog: callback,
  fields: object,
  clock: withMethods("a clock with the methods now and after", "now", "after"),
};

/** The maximum time that `close` waits for the output, in milliseconds. */
const CLOSE_MS = 2_000;

/** A clock whose timers do not keep the process alive. */
const IDLE_CLOCK: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, timerMs(delayMs)).unref();
    return () => clearTimeout(timer);
  },
};

/**
 * Creates a log. Rejects with `TypeError` for an unknown option and for options that exclude each other. Rejects with `Error` if
 * the format is `pino` and that package is not installed.
 */
export async function createLog(options: LogOptions = {}): Promise<Log> {
  checkSettings(options, RULES, "createLog");
  const given = (["logger", "onLog", "destination"] as const).filter((name) => options[name] !== undefined);
  if (given.length > 1) throw new TypeError(`${given.join(" and ")}: set only one of them`);
  if (options.format && (options.logger || options.onLog))
    throw new TypeError(`format: ${given[0]} determines the format; remove it`);
  if (options.pino && options.format !== "pino") throw new TypeError('pino: applies only to the format "pino"');
  return new RouterLog(await createSink(options), options);
}

class RouterLog implements Log {
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #repeats: Repeats;
  readonly #fields: LogFields; // of every entry
  #level: LogLevel;
  #hasFailed = false;

  constructor(sink: Sink, { level = "info", fields = {}, clock = IDLE_CLOCK }: LogOptions) {
    this.#fields = fields;
    this.#sink = sink;
    this.#clock = clock;
    this.#level = level;
    this.#repeats = new Repeats(clock, (group, held) => this.#tellHeld(group, held));
    sink.setLevel?.(level);
  }

  get level(): LogLevel {
    return this.#level;
  }

  set level(level: LogLevel) {
    if (!LEVEL.accepts(level)) throw new TypeError(`level: expected ${LEVEL.expected}, got ${quoted(String(level))}`);
    this.#level = level;
    this.#sink.setLevel?.(level);
  }

  readonly observer = (event: RouterEvent): void => {
    const entry = describe(event);
    if (entry) this.#enter(entry);
  };

  readonly onError = (error: unknown, correlationId?: string): void => {
    const isError = error instanceof Error;
    const words = printable(isError ? `${error.name}: ${error.message}` : String(error));
    const fields = { event: "fault", correlationId, error: words, stack: stackOf(error) };
    this.#enter({
      level: "error",
      code: "E_FAULT",
      group: `E_FAULT ${words}`,
      message: `internal error: ${words}`,
      fields,
    });
  };

  debug(message: string, fields: LogFields = {}): void {
    this.#enter({ level: "debug", message: printable(message), fields });
  }

  info(message: string, fields: LogFields = {}): void {
    this.#enter({ level: "info", message: printable(message), fields });
  }

  warn(code: string, message: string, fields: LogFields = {}): void {
    this.#enter({ level: "warn", code, message: printable(message), fields });
  }

  error(code: string, message: string, fields: LogFields = {}): void {
    this.#enter({ level: "error", code, message: printable(message), fields });
  }

  async close(): Promise<void> {
    this.#repeats.flush();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS);
      this.#sink.flush(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #enter({ group, ...entry }: Entry): void {
    if (!this.#tells(entry.level)) return;
    if (group !== undefined && !this.#repeats.admit(group)) return;
    this.#write({ atMs: this.#clock.now(), ...entry, fields: printableFields(entry.fields) });
  }

  #tells(level: LogRecord["level"]): boolean {
    return LEVELS.indexOf(level) >= LEVELS.indexOf(this.#level);
  }

  #tellHeld(group: string, { count, seconds }: { readonly count: number; readonly seconds: number }): void {
    const [code = "", ...about] = group.split(" ");
    const level = code.startsWith("E_") ? "error" : "warn";
    if (!this.#tells(level)) return;
    const message = `… and ${count} more in ${seconds} s${about.length > 0 ? ` (${about.join(" ")})` : ""}`;
    this.#write({ atMs: this.#clock.now(), level, ...(code && { code }), message, fields: { count, seconds } });
  }

  /** Writes a record. Reports only the first exception of a sink, to standard error. */
  #write({ fields, ...record }: LogRecord): void {
    try {
      this.#sink.write({ ...record, fields: { ...this.#fields, ...fields } });
    } catch (error) {
      if (!this.#hasFailed)
        console.error("wampact: failed to write a log entry; further failures are not reported:", error);
      this.#hasFailed = true;
    }
  }
}

/** Returns the stack of an error and of its causes. */
function stackOf(error: unknown): string | undefined {
  const stacks: string[] = [];
  for (let each = error; each instanceof Error && stacks.length < 5; each = each.cause)
    stacks.push(each.stack ?? String(each));
  return stacks.length === 0 ? undefined : stacks.join("\ncaused by: ");
}
