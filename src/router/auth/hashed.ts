import { kindOf } from "../../wire/fields.js";

/** Throws `TypeError` for a secret that is not a string or is empty. Never quotes it. */
export function checkHashed(secret: unknown, path: string, name: string): asserts secret is string {
  if (typeof secret === "string" && secret !== "") return;
  throw new TypeError(`${path}: expected a ${name}, got ${secret === "" ? "an empty string" : kindOf(secret)}`);
}
