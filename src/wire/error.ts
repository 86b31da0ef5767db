import { excerpt } from "./bytes.js";
import { PROTOCOL_VIOLATION } from "./uris.js";

/** How many characters of a violation's words are sent. */
const MOST_WORDS = 1_000;

/** Arguments of a `WampError`, and what else an `Error` takes. */
export interface WampErrorOptions {
  /** Positional arguments of the error. Default: none. */
  readonly args?: readonly unknown[];
  /** Keyword arguments of the error. Default: none. */
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Text for people. Default: the first argument when it is a string, else the URI alone. */
  readonly message?: string;
  /** The error behind it, which stays in this process. Default: none. */
  readonly cause?: unknown;
}

/**
 * An error that crosses the wire, whole: thrown in a handler it arrives at the caller with `uri`, `args` and `kwargs`.
 * Tell errors apart by `uri`, which survives the wire and a second copy of this package; `instanceof` survives neither.
 */
export class WampError extends Error {
  readonly uri: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;

  constructor(uri: string, options: WampErrorOptions = {}) {
    const { args = [], kwargs = {}, message, cause } = options;
    super(message ?? describe(uri, args), cause === undefined ? undefined : { cause });
    this.name = "WampError";
    this.uri = uri;
    this.args = args;
    this.kwargs = kwargs;
  }
}

/** Whether a value is a `WampError`, of this or of another copy of the package. */
export function isWampError(value: unknown): value is WampError {
  return (
    value instanceof Error &&
    "uri" in value &&
    typeof value.uri === "string" &&
    "args" in value &&
    Array.isArray(value.args)
  );
}

/**
 * What the other side must not do. Thrown by codecs, option readers and the state table; the session that caught it
 * sends ABORT with this message and ends. Reason: `wamp.error.protocol_violation`, unless another one is given.
 */
export class ProtocolViolation extends Error {
  /** The reason of the ABORT. */
  readonly reason: string;

  constructor(message: string, reason: string = PROTOCOL_VIOLATION) {
    super(excerpt(message, MOST_WORDS)); // it may quote a key that the other side chose
    this.name = "ProtocolViolation";
    this.reason = reason;
  }
}

function describe(uri: string, args: readonly unknown[]): string {
  return typeof args[0] === "string" ? `${uri}: ${args[0]}` : uri;
}
