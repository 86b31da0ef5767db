import { WampError } from "../wire/error.js";
import type { Issue } from "../wire/issue.js";
import { INVALID_ARGUMENT, INVALID_OUTPUT } from "../wire/uris.js";
import { describeIssues } from "./issues.js";

/**
 * The error for a value that does not match its schema. `code` is the code of the failed call. `code` and `issues` are not
 * sent.
 */
export interface InvalidValue<Code extends "invalidInput" | "invalidOutput" = "invalidInput" | "invalidOutput">
  extends WampError {
  readonly code: Code;
  /** The problems and their paths. */
  readonly issues: readonly Issue[];
}

/**
 * Creates the error for a caller's or publisher's payload that does not match its schema. `what` is, for example,
 * `com.app.add2 input`. `got` describes the invalid value and appears only in the message: a handler may forward the error, and
 * its message is not sent.
 */
export function invalidInput(what: string, issues: readonly Issue[], got?: string): InvalidValue<"invalidInput"> {
  const args = [describeIssues(what, issues)];
  const message = describeIssues(what, issues, got);
  const error = new WampError(INVALID_ARGUMENT, { args, kwargs: { issues }, message });
  return Object.assign(error, { code: "invalidInput", issues } as const);
}

/** Creates the error for a result, progress value or error data of a callee that does not match its schema. */
export function invalidOutput(what: string, issues: readonly Issue[]): InvalidValue<"invalidOutput"> {
  const error = new WampError(INVALID_OUTPUT, { args: [describeIssues(what, issues)], kwargs: { issues } });
  return Object.assign(error, { code: "invalidOutput", issues } as const);
}
