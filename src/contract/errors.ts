import { WampError } from "../wire/error.js";
import type { Issue } from "../wire/issue.js";
import { INVALID_ARGUMENT, INVALID_OUTPUT } from "../wire/uris.js";
import { describeIssues } from "./issues.js";

/** A value that does not fit its schema, with the code that calls fail with for it. `code` and `issues` stay with this program. */
export interface InvalidValue<Code extends "invalidInput" | "invalidOutput" = "invalidInput" | "invalidOutput">
  extends WampError {
  readonly code: Code;
  /** What is wrong, at which place of the value. */
  readonly issues: readonly Issue[];
}

/**
 * A caller's or a publisher's payload does not fit its schema. `what` is such as `com.app.add2 input`. The value that came, in words,
 * stands in the message only: a handler may pass the error on, and its message does not travel.
 */
export function invalidInput(what: string, issues: readonly Issue[], got?: string): InvalidValue<"invalidInput"> {
  const args = [describeIssues(what, issues)];
  const message = describeIssues(what, issues, got);
  const error = new WampError(INVALID_ARGUMENT, { args, kwargs: { issues }, message });
  return Object.assign(error, { code: "invalidInput", issues } as const);
}

/** A callee's result, a progress value or an error's data does not fit its schema. */
export function invalidOutput(what: string, issues: readonly Issue[]): InvalidValue<"invalidOutput"> {
  const error = new WampError(INVALID_OUTPUT, { args: [describeIssues(what, issues)], kwargs: { issues } });
  return Object.assign(error, { code: "invalidOutput", issues } as const);
}
