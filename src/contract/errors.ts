import { WampError } from "../wire/error.js";
import type { Issue } from "../wire/issue.js";
import { INVALID_ARGUMENT, INVALID_OUTPUT } from "../wire/uris.js";
import { describeIssues } from "./issues.js";

/**
 * A caller's or a publisher's payload does not fit its schema. `what` is such as `com.app.add2 input`. The value that came, in words,
 * stands in the message only: a handler may pass the error on, and its message does not travel.
 */
export function invalidInput(what: string, issues: readonly Issue[], got?: string): WampError {
  const args = [describeIssues(what, issues)];
  return new WampError(INVALID_ARGUMENT, { args, kwargs: { issues }, message: describeIssues(what, issues, got) });
}

/** A callee's result, a progress value or an error's data does not fit its schema. */
export function invalidOutput(what: string, issues: readonly Issue[]): WampError {
  return new WampError(INVALID_OUTPUT, { args: [describeIssues(what, issues)], kwargs: { issues } });
}
