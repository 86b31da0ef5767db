/** A URI: components joined by dots, such as `com.app.add2`. Spec: Basic Profile, "URIs". */
export type Uri = string;

export const INVALID_URI = "wamp.error.invalid_uri";
export const NO_SUCH_PROCEDURE = "wamp.error.no_such_procedure";
export const PROCEDURE_ALREADY_EXISTS = "wamp.error.procedure_already_exists";
export const NO_SUCH_REGISTRATION = "wamp.error.no_such_registration";
export const NO_SUCH_SUBSCRIPTION = "wamp.error.no_such_subscription";
export const INVALID_ARGUMENT = "wamp.error.invalid_argument";
export const CANCELED = "wamp.error.canceled";
export const PAYLOAD_SIZE_EXCEEDED = "wamp.error.payload_size_exceeded";
export const PROTOCOL_VIOLATION = "wamp.error.protocol_violation";
export const NOT_AUTHORIZED = "wamp.error.not_authorized";
export const AUTHORIZATION_FAILED = "wamp.error.authorization_failed";
export const NO_SUCH_REALM = "wamp.error.no_such_realm";
export const NO_SUCH_ROLE = "wamp.error.no_such_role";

export const NO_MATCHING_AUTH_METHOD = "wamp.error.no_matching_auth_method";
export const NO_SUCH_PRINCIPAL = "wamp.error.no_such_principal";
export const AUTHENTICATION_DENIED = "wamp.error.authentication_denied";
export const AUTHENTICATION_FAILED = "wamp.error.authentication_failed";
export const AUTHENTICATION_REQUIRED = "wamp.error.authentication_required";
export const AUTHORIZATION_DENIED = "wamp.error.authorization_denied";
export const AUTHORIZATION_REQUIRED = "wamp.error.authorization_required";
export const TIMEOUT = "wamp.error.timeout";
export const OPTION_NOT_ALLOWED = "wamp.error.option_not_allowed";
export const DISCLOSE_ME_DISALLOWED = "wamp.error.option_disallowed.disclose_me";
export const NETWORK_FAILURE = "wamp.error.network_failure";
export const UNAVAILABLE = "wamp.error.unavailable";
export const NO_AVAILABLE_CALLEE = "wamp.error.no_available_callee";
export const FEATURE_NOT_SUPPORTED = "wamp.error.feature_not_supported";
export const NO_SUCH_SESSION = "wamp.error.no_such_session";

/** The error of a callee for an unexpected exception. Not in the specification, but used by every implementation. */
export const RUNTIME_ERROR = "wamp.error.runtime_error";

export const SYSTEM_SHUTDOWN = "wamp.close.system_shutdown";
export const CLOSE_REALM = "wamp.close.close_realm";
export const GOODBYE_AND_OUT = "wamp.close.goodbye_and_out";
export const KILLED = "wamp.close.killed";

/** Wampact: the session ended before the answer arrived. Never on the wire. */
export const DISCONNECTED = "wampact.error.disconnected";
/** Wampact: a reader's queue overflowed. Never on the wire. */
export const QUEUE_OVERFLOW = "wampact.error.queue_overflow";
/** Wampact: an encrypted or packed payload cannot be read, or a payload arrived in plain form where packing is required. */
export const UNREADABLE_PAYLOAD = "wampact.error.unreadable_payload";
/** Wampact: the request would exceed a limit of its session or realm. `kwargs.limit` is the name of the limit. */
export const LIMIT_EXCEEDED = "wampact.error.limit_exceeded";
/** Wampact: a result, progress value or event of a handler does not match its schema. */
export const INVALID_OUTPUT = "wampact.error.invalid_output";
/** Wampact: a call failed because of an exception in this program; returned by `safe()`. Never on the wire. */
export const EXCEPTION = "wampact.error.exception";
/** Wampact: the realm's event store cannot currently write or read. */
export const STORE_FAILED = "wampact.error.store_failed";

// Unanchored character classes: matching uses no stack and is linear in the length of the text.
const NOT_LOOSE = /[\s#\p{Cc}\p{Cs}]/u; // white space, control characters, halves of surrogate pairs
const NOT_STRICT = /[^0-9a-z_.]/;

/** How a pattern matches URIs. Spec: Advanced Profile, "Pattern-based Registrations" and "Pattern-based Subscriptions". */
export type MatchPolicy = "exact" | "prefix" | "wildcard";

/**
 * Returns whether a text is a valid URI or, for `prefix` and `wildcard`, a valid pattern. A prefix may be empty and may end in
 * a dot or in part of a component. A wildcard may have empty components. A URI must not contain white space, `#`, control
 * characters or lone surrogates. A strict URI contains only `0-9`, `a-z` and `_`.
 */
export function isUri(text: string, match: MatchPolicy = "exact", strict = false): boolean {
  if ((strict ? NOT_STRICT : NOT_LOOSE).test(text)) return false;
  if (match === "wildcard") return true;
  if (text.startsWith(".") || text.includes("..")) return false;
  return match === "prefix" || (text !== "" && !text.endsWith("."));
}

/** Returns whether the first component is `wamp`. Only the router may register and publish such URIs. */
export function isReserved(uri: Uri): boolean {
  return uri.startsWith("wamp.") || uri === "wamp";
}

/** Returns whether a concrete URI matches one pattern. To search many patterns, use the router's `PatternIndex`. */
export function matchesPattern(uri: string, pattern: { readonly uri: string; readonly match: MatchPolicy }): boolean {
  if (pattern.match === "exact") return uri === pattern.uri;
  if (pattern.match === "prefix") return uri.startsWith(pattern.uri);
  const [parts, wanted] = [uri.split("."), pattern.uri.split(".")];
  return (
    parts.length === wanted.length && wanted.every((component, index) => component === "" || component === parts[index])
  );
}
