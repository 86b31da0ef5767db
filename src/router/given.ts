import { kindOf } from "../wire/fields.js";

/** Whether a value is a promise, of whichever kind. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/**
 * A value that a policy of the application has returned and that does not pass. A promise in its place is not left to reject unheard.
 * `what` is the policy's name in the configuration.
 */
export function unexpected(what: string, expected: string, value: unknown): TypeError {
  if (!isThenable(value)) return new TypeError(`${what}: expected ${expected}, got ${kindOf(value)}`);
  Promise.resolve(value).catch(() => {}); // what is wrong is told here
  return new TypeError(`${what}: expected ${expected} at once, got a promise`);
}
