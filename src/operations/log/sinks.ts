import { hostname } from "node:os";
import { LineWriter } from "./line-writer.js";
import { printable, printableLines } from "./printable.js";
import type { LogDestination, LogFields, LogLevel, LogOptions, LogRecord, StructuredLogger } from "./types.js";

/** The destination of records. */
export interface Sink {
  write(record: LogRecord): void;
  /** Adopts the level of the log. */
  setLevel?(level: LogLevel): void;
  /** Writes what is queued. Calls back when it is written. */
  flush(done: () => void): void;
}

/** Creates the sink for the options of a log. Rejects if it needs `pino` and that is not installed. */
export async function createSink(options: LogOptions): Promise<Sink> {
  const { logger, onLog, destination = process.stderr, level = "info" } = options;
  if (onLog) return { write: onLog, flush: (done) => done() };
  if (logger) return loggerSink(logger);
  const format = options.format ?? (destination.isTTY ? "text" : "json");
  if (format === "pino") return loggerSink(await createPino(options, level));
  return lineSink(destination, format === "text" ? textLine : jsonLine);
}

function lineSink(destination: LogDestination, lineOf: (record: LogRecord) => string): Sink {
  const lost = (count: number) =>
    lineOf({
      atMs: Date.now(),
      level: "warn",
      code: "W_LOG_LOST",
      message: `${count} lines of this log were lost because its reader is too slow or gone`,
      fields: { count },
    });
  const writer = new LineWriter(destination, lost);
  return {
    write: (record) => writer.write(lineOf(record)),
    flush(done) {
      writer.flush();
      done();
    },
  };
}

/** Formats a record for people: time, level, code and message. */
function textLine({ atMs, level, code, message, fields }: LogRecord): string {
  const time = new Date(atMs).toISOString();
  const who = fields.worker === undefined ? "" : `worker ${fields.worker}: `;
  const line = `${time} ${level.padEnd(5)} ${code === undefined ? "" : `${code} `}${who}${message}`;
  return typeof fields.stack === "string" ? `${line}\n  ${fields.stack.replaceAll("\n", "\n  ")}` : line;
}

const PINO_LEVELS: Readonly<Record<LogRecord["level"], number>> = { debug: 20, info: 30, warn: 40, error: 50 };
const HOSTNAME = hostname();

/** Formats a record as one line of JSON with the names of `pino`. */
function jsonLine({ atMs, level, code, message, fields }: LogRecord): string {
  const head = { level: PINO_LEVELS[level], time: atMs, pid: process.pid, hostname: HOSTNAME };
  return JSON.stringify({ ...head, code, ...fields, msg: message });
}

function loggerSink(logger: StructuredLogger): Sink {
  return {
    write: ({ level, code, message, fields }) =>
      logger[level](code === undefined ? fields : { code, ...fields }, message),
    setLevel(level) {
      if (logger.level !== undefined) logger.level = level;
    },
    flush(done) {
      if (logger.flush) logger.flush(() => done());
      else done();
    },
  };
}

async function createPino({ pino: options, destination }: LogOptions, level: LogLevel): Promise<StructuredLogger> {
  const { pino } = await loadPino();
  const settings = { level, ...options };
  if (destination) return pino(settings, { write: (text: string) => void destination.write(text) });
  return "transport" in settings ? pino(settings) : pino(settings, pino.destination(2));
}

/** The part of the package that is used here. */
interface PinoModule {
  readonly pino: ((options: object, destination?: object) => StructuredLogger) & { destination(fd: number): object };
}

async function loadPino(): Promise<PinoModule> {
  try {
    return (await import("pino")) as object as PinoModule; // so that the package's types are not needed
  } catch (error) {
    throw new Error('the log format "pino" needs the package "pino": npm install pino', { cause: error });
  }
}

/** Makes fields printable: truncates texts and escapes unprintable characters. */
export function printableFields(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, printableField(name, value)]));
}

function printableField(name: string, value: LogFields[string]): LogFields[string] {
  if (typeof value !== "string") return value;
  return name === "stack" ? printableLines(value) : printable(value);
}
