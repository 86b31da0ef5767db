import type { CallStack } from "./call-stack.js";

/** The call stacks of bundles for browsers: none. */
export const CALL_STACKS = false;
export function callStackAbove(_called: (...given: never[]) => unknown): CallStack | undefined {
  return undefined;
}
export function leadTo(_error: Error, _made: CallStack): void {}
