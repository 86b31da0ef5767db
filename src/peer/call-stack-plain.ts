import type { CallStack } from "./call-stack.js";

/** Disables call stacks in bundles for browsers. */
export const CALL_STACKS = false;
export function callStackAbove(_called: (...given: never[]) => unknown): CallStack | undefined {
  return undefined;
}
export function leadTo(_error: Error, _made: CallStack): void {}
