import { kindOf } from "../../src/wire/fields.js";

/** A recursive schema that makes a new copy of itself at each step would be walked for ever, and a deep one exhaust the stack. */
export const DEEPEST = 200;
export const TOO_DEEP: string = `a schema nests more than ${DEEPEST} levels; a recursive schema must refer to itself, not to a new copy of itself`;

/** Thrown for a schema that codegen cannot print. It holds the path from the member, such as `add2.input.list[]`. */
export class SchemaFault extends Error {
  override readonly name = "SchemaFault";

  constructor(
    problem: string,
    readonly path: string,
  ) {
    super(problem);
  }
}

/** Said of a schema of zod 3; `reportFaults` says what to install in its place. */
export const OLD_SCHEMA = "a schema of zod 3";

/** Why a value is no schema that a contract can have. */
export function noSchema(value: unknown): string {
  if (value === undefined) {
    return "the schema is undefined; declare it above its use, or break the circle of imports that leaves it undefined";
  }
  const isOld = typeof value === "object" && value !== null && "_def" in value;
  return isOld ? OLD_SCHEMA : `expected a schema of zod, got ${kindOf(value)}`;
}
