import { isWampError } from "./error.js";
import type { Issue } from "./issue.js";
import * as uris from "./uris.js";

/** The codes that every call can fail with. A declared error must not take one of them as its name. */
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
  "unknown",
] as const;

/** The ways every call can fail. A declared error adds `{ code: <its name>, uri, data }`. */
export type CallFailure =
  | { readonly code: "invalidInput"; readonly uri: "wamp.error.invalid_argument"; readonly issues: readonly Issue[] }
  | { readonly code: "invalidOutput"; readonly uri: "wampact.error.invalid_output"; readonly issues: readonly Issue[] }
  | { readonly code: SimpleCode; readonly uri: string }
  | { readonly code: "internal"; readonly uri: "wamp.error.runtime_error"; readonly correlationId: string }
  | {
      readonly code: "unknown";
      readonly uri: string;
      readonly args: readonly unknown[];
      readonly kwargs: Readonly<Record<string, unknown>>;
    };

/** Codes of failures that carry nothing beside their URI. */
type SimpleCode = Exclude<(typeof FAILURE_CODES)[number], "invalidInput" | "invalidOutput" | "internal" | "unknown">;

const SIMPLE: Readonly<Record<string, SimpleCode>> = {
  [uris.CANCELED]: "canceled",
  [uris.TIMEOUT]: "timeout",
  [uris.NO_SUCH_PROCEDURE]: "noSuchProcedure",
  [uris.NOT_AUTHORIZED]: "notAuthorized",
  [uris.AUTHORIZATION_FAILED]: "notAuthorized",
  [uris.AUTHORIZATION_DENIED]: "notAuthorized",
  [uris.AUTHORIZATION_REQUIRED]: "notAuthorized",
  [uris.UNAVAILABLE]: "unavailable",
  [uris.NO_AVAILABLE_CALLEE]: "unavailable",
  [uris.DISCONNECTED]: "disconnected",
};

/** The failure that an error's URI stands for. Rethrows anything that is no `WampError`: it is a fault of this program. */
export function failureOf(error: unknown): CallFailure {
  if (!isWampError(error)) throw error;
  const { uri, args, kwargs } = error;
  const code = Object.hasOwn(SIMPLE, uri) ? SIMPLE[uri] : undefined;
  if (code) return { code, uri };
  const issues = kwargs.issues;
  if (uri === uris.INVALID_ARGUMENT && Array.isArray(issues)) return { code: "invalidInput", uri, issues };
  if (uri === uris.INVALID_OUTPUT) return { code: "invalidOutput", uri, issues: Array.isArray(issues) ? issues : [] };
  const id = kwargs.correlation_id;
  if (uri === uris.RUNTIME_ERROR && typeof id === "string") return { code: "internal", uri, correlationId: id };
  return { code: "unknown", uri, args, kwargs };
}
