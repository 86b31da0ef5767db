/** The place of a call in the code. Engines create its text lazily, which happens only for calls that fail. */
export interface CallStack {
  readonly stack?: string;
}

/** The default of whether calls record their place in the code: true except in production. */
export const CALL_STACKS: boolean = process.env.NODE_ENV !== "production";

/** Returns the frames above the caller of `called`, if the engine supports it. */
export function callStackAbove(called: (...given: never[]) => unknown): CallStack {
  const made = {};
  Error.captureStackTrace?.(made, called);
  return made;
}

/** Replaces the frames of an error, which show where an answer was read, with those of the call. */
export function leadTo(error: Error, { stack = "" }: CallStack): void {
  const frames = stack.search(/^ +at /m);
  if (frames !== -1) error.stack = `${error.name}: ${error.message}\n${stack.slice(frames)}`;
}
