/** Where a call was made. An engine makes text of it when it is read, which is for calls that fail only. */
export interface CallStack {
  readonly stack?: string;
}

/** Whether calls remember where they were made, unless an application says so: outside of production. */
export const CALL_STACKS: boolean = process.env.NODE_ENV !== "production";

/** The frames of the caller of `called`, where the engine tells them. */
export function callStackAbove(called: (...given: never[]) => unknown): CallStack {
  const made = {};
  Error.captureStackTrace?.(made, called);
  return made;
}

/** Replaces the frames of an error, which was made where an answer is read, by those of the call. */
export function leadTo(error: Error, { stack = "" }: CallStack): void {
  const frames = stack.search(/^ +at /m);
  if (frames !== -1) error.stack = `${error.name}: ${error.message}\n${stack.slice(frames)}`;
}
