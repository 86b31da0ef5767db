import { excerpt } from "./bytes.js";
import { PROTOCOL_VIOLATION } from "./uris.js";

/** The maximum length of a violation's message on the wire, in characters. */
const MOST_WORDS = 1_000;

/** Arguments of a `WampError`, and the options of `Error`. */
export interface WampErrorOptions {
  /** Positional arguments of the error. Default: none. */
  readonly args?: readonly unknown[];
  /** Keyword arguments of the error. Default: none. */
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** The error message. Default: the URI and the first argument if it is a string, else the URI alone. */
  readonly message?: string;
  /** The error behind it, which stays in this process. Default: none. */
  readonly cause?: unknown;
}

/**
 * An error that crosses the wire. If a handler throws it, the caller receives its `uri`, `args` and `kwargs`.
 * Compare errors by `uri`: it survives the wire and a second copy of this package. `instanceof` does not.
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

/** Returns whether a value is a `WampError`, of this or of another copy of the package. */
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
 * A violation of the protocol by the other side. Thrown by codecs, option readers and the state table. The session that
 * catches it sends ABORT with this message and ends. Default of `reason`: `wamp.error.protocol_violation`.
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

/** Returns the message of an error, or a thrown value of another kind as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Returns the violation of a part of a message, such as `CALL.request`. `why` is false in production bundles for browsers, which contain
 * no explanations.
 */
export function violation(where: string, why: string | false): ProtocolViolation {
  return new ProtocolViolation(`${where}: ${why || "not valid"}`);
}

function describe(uri: string, args: readonly unknown[]): string {
  return typeof args[0] === "string" ? `${uri}: ${args[0]}` : uri;
}
