import { kindOf } from "../wire/fields.js";

/** Returns whether a value is a promise, of any library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/**
 * Returns the error for an invalid result of an application's policy. A promise is caught, so that it causes no unhandled
 * rejection. `what` is the policy's name in the configuration.
 */
export function unexpected(what: string, expected: string, value: unknown): TypeError {
  if (!isThenable(value)) return new TypeError(`${what}: expected ${expected}, got ${kindOf(value)}`);
  Promise.resolve(value).catch(() => {}); // the error is reported here
  return new TypeError(`${what}: expected ${expected}, got a promise`);
}
