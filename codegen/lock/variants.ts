import { isDeepStrictEqual } from "node:util";
import { type JsonSchema, nameIn } from "../json-schema.js";
import { type Definitions, nameOf, text, typeOf } from "./schema-words.js";

/** The alternatives that a schema allows: null, single values, and schemas. */
export interface Variants {
  readonly hasNull: boolean;
  readonly values: readonly unknown[];
  readonly schemas: readonly JsonSchema[];
}

/** Returns the alternatives of a schema. It omits a value if a type among the alternatives allows that value as well. */
export function variantsOf(schema: JsonSchema, definitions: Definitions): Variants {
  const { hasNull, values, schemas } = collect(schema, definitions, []);
  const isCovered = (value: unknown): boolean =>
    schemas.some((each) => Object.keys(each).length === 1 && allows(typeOf(each), value));
  return { hasNull, values: values.filter((value) => !isCovered(value)), schemas };
}

function allows(type: string | undefined, value: unknown): boolean {
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}

/** Returns whether a schema allows a value according to its type and simple limits. `false` if it has other limits. */
function admits(schema: JsonSchema, value: unknown): boolean {
  return Object.entries(schema).every(([keyword, limit]) => {
    if (keyword === "type") return allows(typeOf(schema), value);
    const size = typeof value === "string" ? [...value].length : Number(value);
    const isText = keyword.endsWith("Length");
    if (typeof limit !== "number" || isText !== (typeof value === "string")) return false;
    if (keyword === "minimum" || keyword === "minLength") return size >= limit;
    return (keyword === "maximum" || keyword === "maxLength") && size <= limit;
  });
}

/** Returns whether one of the alternatives allows anything. */
export function isAnything({ schemas }: Variants): boolean {
  return schemas.some((schema) => Object.keys(schema).length === 0);
}

function collect(schema: JsonSchema, definitions: Definitions, entered: readonly string[]): Variants {
  if (schema.$ref !== undefined) {
    const name = nameIn(schema.$ref);
    if (entered.includes(name)) return { hasNull: false, values: [], schemas: [schema] };
    return collect(definitions[name] ?? {}, definitions, [...entered, name]);
  }
  const options = schema.anyOf ?? schema.oneOf;
  if (options) {
    const all = options.map((option) => collect(option, definitions, entered));
    return {
      hasNull: all.some(({ hasNull }) => hasNull),
      values: all.flatMap(({ values }) => values),
      schemas: all.flatMap(({ schemas }) => schemas),
    };
  }
  if (schema.not && Object.keys(schema.not).length === 0) return { hasNull: false, values: [], schemas: [] };
  const values = schema.enum ?? ("const" in schema ? [schema.const] : undefined);
  if (values) {
    return { hasNull: values.includes(null), values: values.filter((value) => value !== null), schemas: [] };
  }
  if (schema.type === "null") return { hasNull: true, values: [], schemas: [] };
  if (schema.type === "boolean") return { hasNull: false, values: [true, false], schemas: [] };
  if (typeof schema.type === "object") {
    const { type, ...others } = schema;
    return collect({ anyOf: type.map((each) => ({ type: each, ...others })) }, definitions, entered);
  }
  return { hasNull: false, values: [], schemas: [schema] };
}

/** Returns the names of the types that replaced a list of values and allow all of them; `undefined` if there are no such types. */
export function widened(from: Variants, to: Variants): string | undefined {
  if (from.values.length === 0 || from.schemas.length > 0 || to.values.length > 0) return undefined;
  const isWider = from.values.every((value) => to.schemas.some((schema) => admits(schema, value)));
  return isWider ? words(to) : undefined;
}

/**
 * Returns whether no old value is allowed any more: a list of values has become schemas, schemas have become a list of values, or
 * no option of a union matches one of the other. Two lists of values are compared value by value elsewhere.
 */
export function isNothingInCommon(before: Variants, after: Variants): boolean {
  const [old, now] = [before, after].map(({ values, schemas }) => ({ values: values.length, schemas: schemas.length }));
  if (!old || !now) return false;
  const isApart = (a: typeof old, b: typeof old): boolean =>
    a.values > 0 && a.schemas === 0 && b.schemas > 0 && b.values === 0;
  if (isApart(old, now) || isApart(now, old)) return true;
  if (old.values + now.values > 0 || old.schemas + now.schemas < 3) return false;
  const { pairs, removed, added } = matchVariants(before.schemas, after.schemas);
  return pairs.length === 0 && removed.length > 0 && added.length > 0;
}

export function words({ values, schemas }: Variants): string {
  return [...values.map(text), ...schemas.map(nameOf)].join(" or ") || "nothing";
}

interface Matching {
  readonly pairs: readonly (readonly [before: JsonSchema, after: JsonSchema])[];
  readonly removed: readonly JsonSchema[];
  readonly added: readonly JsonSchema[];
}

/**
 * Matches the options of a union before and after a change: first equal options, then options with the same discriminator value, then
 * options that are the only one of their type on both sides.
 */
export function matchVariants(before: readonly JsonSchema[], after: readonly JsonSchema[]): Matching {
  const pairs: (readonly [JsonSchema, JsonSchema])[] = [];
  let [removed, added] = [before, after];
  for (const isPair of [isDeepStrictEqual, haveSameDiscriminator, areAloneOfType] as const) {
    for (const old of removed) {
      const now = added.find((each) => isPair(old, each, removed, added));
      if (!now) continue;
      pairs.push([old, now]);
      removed = removed.filter((each) => each !== old);
      added = added.filter((each) => each !== now);
    }
  }
  return { pairs, removed, added };
}

function haveSameDiscriminator(a: JsonSchema, b: JsonSchema): boolean {
  return Object.entries(a.properties ?? {}).some(
    ([name, part]) => "const" in part && isDeepStrictEqual(b.properties?.[name]?.const, part.const),
  );
}

function areAloneOfType(
  a: JsonSchema,
  b: JsonSchema,
  before: readonly JsonSchema[],
  after: readonly JsonSchema[],
): boolean {
  const isAlone = (schema: JsonSchema, all: readonly JsonSchema[]): boolean =>
    all.filter((each) => kindOf(each) === kindOf(schema)).length === 1;
  return (
    kindOf(a) === kindOf(b) && isAlone(a, before) && isAlone(b, after) && !hasDiscriminator(a) && !hasDiscriminator(b)
  );
}

/** Returns the type. Integers count as numbers. */
function kindOf(schema: JsonSchema): string | undefined {
  const type = typeOf(schema);
  return type === "integer" ? "number" : type;
}

function hasDiscriminator({ properties = {} }: JsonSchema): boolean {
  return Object.values(properties).some((part) => "const" in part);
}
