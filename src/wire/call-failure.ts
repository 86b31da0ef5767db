import { isWampError, messageOf, WampError } from "./error.js";
import type { Issue } from "./issue.js";
import * as uris from "./uris.js";

/** The codes that any call can fail with. A declared error must not use one of them as its name. */
export const FAILURE_CODES = [
  "invalidInput",
  "invalidOutput",
  "canceled",
  "timeout",
  "noSuchProcedure",
  "notAuthorized",
  "unavailable",
  "disconnected",
  "internal",
  "exception",
  "unknown",
] as const;

/**
 * The error that a failed call throws and that `safe()` returns. `code` discriminates failures; `message` describes the
 * failure. With `callStacks` on, its stack includes the place where the call was made.
 */
export interface FailedCall extends WampError {
  readonly code: string;
  /** The concrete URI that was called. */
  readonly procedure: string;
}

/** The failures that any call can have. A declared error adds `{ code: <its name>, uri, data }`. */
export type CallFailure = FailedCall &
  (
    | { readonly code: "invalidInput"; readonly uri: "wamp.error.invalid_argument"; readonly issues: readonly Issue[] }
    | {
        readonly code: "invalidOutput";
        readonly uri: "wampact.error.invalid_output";
        readonly issues: readonly Issue[];
      }
    /** `sent` is true if the call was sent, so it may have run. If `sent` is false, it has not run. */
    | { readonly code: "disconnected"; readonly sent: boolean }
    | { [Code in SimpleFailureCode]: { readonly code: Code } }[SimpleFailureCode]
    | { readonly code: "internal"; readonly uri: "wamp.error.runtime_error"; readonly correlationId: string }
    /** Only from `safe()`: `cause` is the exception thrown locally by middleware, a chunk source or a schema check. */
    | { readonly code: "exception"; readonly uri: "wampact.error.exception"; readonly cause: unknown }
    | { readonly code: "unknown" }
  );

/** Codes of failures that carry nothing besides their URI. */
export type SimpleFailureCode = Exclude<
  (typeof FAILURE_CODES)[number],
  "invalidInput" | "invalidOutput" | "disconnected" | "internal" | "exception" | "unknown"
>;

const SIMPLE: Readonly<Record<string, SimpleFailureCode>> = {
  [uris.CANCELED]: "canceled",
  [uris.TIMEOUT]: "timeout",
  [uris.NO_SUCH_PROCEDURE]: "noSuchProcedure",
  [uris.NOT_AUTHORIZED]: "notAuthorized",
  [uris.AUTHORIZATION_FAILED]: "notAuthorized",
  [uris.AUTHORIZATION_DENIED]: "notAuthorized",
  [uris.AUTHORIZATION_REQUIRED]: "notAuthorized",
  [uris.UNAVAILABLE]: "unavailable",
  [uris.NO_AVAILABLE_CALLEE]: "unavailable",
};

/** Converts a `WampError` to the failure of a call. Returns any other value unchanged: it is an exception of this program. */
export function failureOf(error: unknown, procedure: string): unknown {
  if (!isWampError(error) || isFailureOf(error, procedure)) return error;
  return failed(error, procedure, detailsOf(error));
}

/** Creates the failure of a call. Each call gets its own error, since one lost session fails many calls. */
export function failed(
  { uri, args, kwargs, cause, message: told }: WampError,
  procedure: string,
  details: { readonly code: string; readonly [member: string]: unknown },
): FailedCall {
  const message = `${procedure} failed with ${inWords(details, uri)}`;
  const said = told.startsWith(uri) ? told.slice(uri.length + 2) : told;
  const words = "issues" in details ? said.replace(/^\S+ /, "") : said; // without the URI at the start
  const error = new WampError(uri, { args, kwargs, cause, message: words ? `${message}: ${words}` : message });
  return Object.assign(error, details, { procedure });
}

/** Converts an error to a failure for `safe()`. An exception of this program gets a code as well. */
export function settledFailure(error: unknown, procedure: string): FailedCall {
  if (isFailureOf(error, procedure)) return error;
  const words = messageOf(error);
  return failed(new WampError(uris.EXCEPTION, { args: [words], cause: error }), procedure, { code: "exception" });
}

/**
 * Returns whether an error is a failed call, and whether it has `code` if one is given. To get the types of a declared
 * error's data, use `client.divide.isError` instead.
 *
 * ```ts
 * if (isError(error, "timeout")) return retryLater(error.procedure);
 * ```
 */
export function isError<const Code extends string = string>(error: unknown, code?: Code): error is ErrorWith<Code> {
  return isWampError(error) && "procedure" in error && "code" in error && (code === undefined || error.code === code);
}

/** A failure with this code: one that any call can have, or a declared error with data of unknown type. */
export type ErrorWith<Code extends string> = string extends Code
  ? FailedCall
  : Code extends (typeof FAILURE_CODES)[number]
    ? Extract<CallFailure, { readonly code: Code }>
    : FailedCall & { readonly code: Code; readonly data: unknown };

function isFailureOf(error: unknown, procedure: string): error is FailedCall {
  return isError(error) && error.procedure === procedure;
}

function detailsOf({ uri, kwargs }: WampError): { readonly code: string; readonly [member: string]: unknown } {
  const code = Object.hasOwn(SIMPLE, uri) ? SIMPLE[uri] : undefined;
  if (code) return { code };
  if (uri === uris.DISCONNECTED) return { code: "disconnected", sent: kwargs.sent !== false };
  const issues = kwargs.issues;
  if (uri === uris.INVALID_ARGUMENT && Array.isArray(issues)) return { code: "invalidInput", issues };
  if (uri === uris.INVALID_OUTPUT) return { code: "invalidOutput", issues: Array.isArray(issues) ? issues : [] };
  const id = kwargs.correlation_id;
  if (uri === uris.RUNTIME_ERROR && typeof id === "string") return { code: "internal", correlationId: id };
  return { code: "unknown" };
}

function inWords({ code, correlationId }: { readonly code: string; readonly correlationId?: unknown }, uri: string) {
  if (code === "internal") return `an exception in the callee (correlation id ${correlationId})`;
  return code === "unknown" ? uri : code;
}
