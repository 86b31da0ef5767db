import { isDict } from "../../wire/fields.js";
import type { Issue } from "../../wire/issue.js";
import type { Check } from "./mapper.js";

/**
 * The part of JSON Schema (draft 2020-12) that codegen prints. `binary` is an extension for bytes, which JSON Schema does not
 * have.
 */
export interface CheckedSchema {
  readonly $ref?: string;
  readonly binary?: true;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly CheckedSchema[];
  readonly allOf?: readonly CheckedSchema[];
  readonly not?: CheckedSchema;
  readonly properties?: Readonly<Record<string, CheckedSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | CheckedSchema;
  readonly propertyNames?: CheckedSchema;
  readonly prefixItems?: readonly CheckedSchema[];
  readonly items?: boolean | CheckedSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly pattern?: string;
}

/** Schemas that others refer to, by name. */
export type CheckedSchemas = Readonly<Record<string, CheckedSchema>>;

/** The maximum number of issues. */
const MOST_ISSUES = 20;

/**
 * Returns the check of values on the wire by JSON Schema, for thin clients that check events. It accepts values that only zod
 * could refuse. `mayBeMissing` is whether a message without the value is valid.
 */
export function checkedBy(schema: CheckedSchema, definitions: CheckedSchemas = {}, mayBeMissing = false): Check {
  return (value) => {
    if (mayBeMissing && value === undefined) return [];
    const run = new Run(definitions);
    run.check(schema, value, []);
    return run.issues;
  };
}

type Path = Issue["path"];

class Run {
  readonly issues: Issue[] = [];
  readonly #definitions: CheckedSchemas;

  constructor(definitions: CheckedSchemas) {
    this.#definitions = definitions;
  }

  check(schema: CheckedSchema, value: unknown, path: Path): void {
    const { $ref, type, anyOf, allOf, not } = schema;
    const referred = $ref === undefined ? undefined : this.#definitions[$ref];
    if (referred) this.check(referred, value, path);
    if (type !== undefined && ![type].flat().some((each) => isOfType(value, each))) {
      return this.#fault("invalid_type", path, [type].flat().join(" or "));
    }
    if (schema.binary && !(value instanceof Uint8Array)) return this.#fault("invalid_type", path, "binary");
    const values = "const" in schema ? [schema.const] : schema.enum;
    if (values && !values.some((each) => each === value)) {
      return this.#fault(
        "invalid_value",
        path,
        values.length === 1 ? text(values[0]) : `one of ${values.map(text).join(", ")}`,
      );
    }
    if (anyOf && !anyOf.some((each) => this.#fits(each, value)))
      this.#fault("invalid_union", path, "one of the alternatives");
    for (const each of allOf ?? []) this.check(each, value, path);
    if (not && this.#fits(not, value)) this.#fault("invalid_type", path, "no such value");
    if (Array.isArray(value)) this.#checkList(schema, value, path);
    else if (isDict(value)) this.#checkDict(schema, value, path);
    else if (typeof value === "string") this.#checkText(schema, value, path);
    else if (typeof value === "number") this.#checkNumber(schema, value, path);
  }

  #fits(schema: CheckedSchema, value: unknown): boolean {
    const run = new Run(this.#definitions);
    run.check(schema, value, []);
    return run.issues.length === 0;
  }

  #checkDict(schema: CheckedSchema, value: Readonly<Record<string, unknown>>, path: Path): void {
    const { properties = {}, required = [], additionalProperties: others = true, propertyNames } = schema;
    for (const name of required) {
      if (Object.hasOwn(value, name) && value[name] !== undefined) continue;
      const { type = "value" } = properties[name] ?? {};
      this.#fault("invalid_type", [...path, name], [type].flat().join(" or "));
    }
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined || name === "__proto__") continue; // zod drops such a key
      if (propertyNames && !this.#fits(propertyNames, name)) this.#fault("invalid_key", [...path, name], "a valid key");
      const own = Object.hasOwn(properties, name) ? properties[name] : others;
      if (own === false) this.#fault("unrecognized_keys", path, `no key ${JSON.stringify(name)}`);
      else if (typeof own === "object") this.check(own, member, [...path, name]);
    }
  }

  #checkList({ prefixItems = [], items, minItems, maxItems }: CheckedSchema, list: unknown[], path: Path): void {
    for (const [index, item] of list.entries()) {
      const own = prefixItems[index] ?? items;
      if (own === false) return this.#fault("too_big", path, `at most ${prefixItems.length} items`);
      if (typeof own === "object") this.check(own, item, [...path, index]);
    }
    this.#bound(list.length, { least: minItems, most: maxItems, unit: " items", path });
  }

  #checkText({ minLength, maxLength, pattern }: CheckedSchema, value: string, path: Path): void {
    this.#bound(value.length, { least: minLength, most: maxLength, unit: " characters", path });
    if (pattern !== undefined && !new RegExp(pattern, "u").test(value)) {
      this.#fault("invalid_format", path, `a string that matches ${pattern}`);
    }
  }

  #checkNumber(schema: CheckedSchema, value: number, path: Path): void {
    const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below, multipleOf } = schema;
    this.#bound(value, { least: minimum, most: maximum, unit: "", path });
    if (above !== undefined && value <= above) this.#fault("too_small", path, `more than ${above}`);
    if (below !== undefined && value >= below) this.#fault("too_big", path, `less than ${below}`);
    if (multipleOf && !isWhole(value / multipleOf)) this.#fault("not_multiple_of", path, `a multiple of ${multipleOf}`);
  }

  #bound(
    size: number,
    { least, most, unit, path }: { least: number | undefined; most: number | undefined; unit: string; path: Path },
  ): void {
    if (least !== undefined && size < least) this.#fault("too_small", path, `at least ${least}${unit}`);
    if (most !== undefined && size > most) this.#fault("too_big", path, `at most ${most}${unit}`);
  }

  #fault(code: string, path: Path, expected: string): void {
    if (this.issues.length < MOST_ISSUES) this.issues.push({ path, code, expected, message: `expected ${expected}` });
  }
}

/** Returns whether a quotient is an integer, as far as fractions such as 0.1 have an exact form. */
function isWhole(quotient: number): boolean {
  return Math.abs(quotient - Math.round(quotient)) <= 1e-9 * Math.max(1, Math.abs(quotient));
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isDict(value);
    case "integer":
      return typeof value === "bigint" || Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
