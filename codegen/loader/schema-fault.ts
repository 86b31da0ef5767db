import { kindOf } from "../../src/wire/fields.js";

/**
 * The limit of levels. A recursive schema that makes a new copy of itself at each step would never end, and a deep one would
 * exhaust the stack.
 */
export const DEEPEST = 200;
export const TOO_DEEP: string = `a schema is nested more than ${DEEPEST} levels deep; a recursive schema must refer to itself, not to a new copy of itself`;

/** Thrown for a schema that codegen cannot print. It has the path from the member, such as `add2.input.list[]`. */
export class SchemaFault extends Error {
  override readonly name = "SchemaFault";

  constructor(
    problem: string,
    readonly path: string,
  ) {
    super(problem);
  }
}

/** The fault for a schema of zod 3. `reportFaults` adds what to install instead. */
export const OLD_SCHEMA = "a schema of zod 3";

/** Returns the reason why a value is not a valid schema. */
export function noSchema(value: unknown): string {
  if (value === undefined) {
    return "the schema is undefined; declare it above its use, or remove the circular import that leaves it undefined";
  }
  const isOld = typeof value === "object" && value !== null && "_def" in value;
  return isOld ? OLD_SCHEMA : `expected a zod schema, got ${kindOf(value)}`;
}
