import { isDeepStrictEqual } from "node:util";
import { type JsonSchema, nameIn } from "../json-schema.js";
import type { SchemaChange } from "./table.js";

/** One difference of two schemas. */
export interface Difference {
  readonly change: SchemaChange;
  readonly path: string;
  /** What has changed, in words. */
  readonly what: string;
}

type Definitions = Readonly<Record<string, JsonSchema>>;

/** A schema with the definitions it refers to. */
export interface Rooted {
  readonly schema: JsonSchema;
  readonly definitions: Definitions;
}

/** Every difference between what was and what is, with the way to it. */
export function compareSchemas(before: Rooted, after: Rooted, path: string): readonly Difference[] {
  return new Comparison(before.definitions, after.definitions).compare(before.schema, after.schema, path);
}

class Comparison {
  readonly #before: Definitions;
  readonly #after: Definitions;
  readonly #seen = new Set<string>(); // pairs of definitions, which may be recursive

  constructor(before: Definitions, after: Definitions) {
    this.#before = before;
    this.#after = after;
  }

  compare(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
    if (before.$ref !== undefined && after.$ref !== undefined) {
      const pair = `${before.$ref} ${after.$ref}`;
      if (this.#seen.has(pair)) return [];
      this.#seen.add(pair);
    }
    const [old, now] = [variantsOf(before, this.#before), variantsOf(after, this.#after)];
    return [...this.#defaults(before, after, path), ...this.#variants(old, now, path)];
  }

  #defaults(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
    const [old, now] = [resolve(before, this.#before).default, resolve(after, this.#after).default];
    if (old === undefined || now === undefined || isDeepStrictEqual(old, now)) return [];
    return [{ change: "defaultChanged", path, what: `the default was ${text(old)} and is ${text(now)}` }];
  }

  #variants(before: Variants, after: Variants, path: string): readonly Difference[] {
    const differences: Difference[] = [];
    if (before.hasNull !== after.hasNull) {
      differences.push(
        after.hasNull
          ? { change: "nullAllowed", path, what: "may be null" }
          : { change: "nullForbidden", path, what: "may no longer be null" },
      );
    }
    const [open, closed] = [widened(before, after), widened(after, before)];
    if (open)
      return [
        ...differences,
        { change: "loosened", path, what: `was one of ${list(before.values)}, may be any ${open}` },
      ];
    if (closed)
      return [
        ...differences,
        { change: "tightened", path, what: `was any ${closed}, must be one of ${list(after.values)}` },
      ];
    if (isNothingInCommon(before, after)) {
      return [...differences, { change: "changed", path, what: `was ${words(before)}, is ${words(after)}` }];
    }
    for (const value of before.values) {
      if (!includes(after.values, value))
        differences.push({ change: "variantRemoved", path, what: `${text(value)} is gone` });
    }
    for (const value of after.values) {
      if (!includes(before.values, value))
        differences.push({ change: "variantAdded", path, what: `${text(value)} is new` });
    }
    return [...differences, ...this.#schemas(before.schemas, after.schemas, path)];
  }

  #schemas(before: readonly JsonSchema[], after: readonly JsonSchema[], path: string): readonly Difference[] {
    const { pairs, removed, added } = matchVariants(before, after);
    const [gone, came] = [removed[0], added[0]];
    if (removed.length === 1 && added.length === 1 && pairs.length === 0 && gone && came) {
      return this.#shape(gone, came, path);
    }
    return [
      ...pairs.flatMap(([old, now]) => this.#shape(old, now, path)),
      ...removed.map((schema): Difference => ({ change: "variantRemoved", path, what: `${nameOf(schema)} is gone` })),
      ...added.map((schema): Difference => ({ change: "variantAdded", path, what: `${nameOf(schema)} is new` })),
    ];
  }

  /** Two schemas, neither a union nor a list of values. */
  #shape(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
    const [old, now] = [typeOf(before), typeOf(after)];
    if (old !== now) {
      if (old === undefined || (old === "number" && now === "integer")) {
        return [{ change: "tightened", path, what: `was any ${old ?? "value"}, must be ${nameOf(after)}` }];
      }
      if (now === undefined || (old === "integer" && now === "number")) {
        return [{ change: "loosened", path, what: `was ${nameOf(before)}, may be any ${now ?? "value"}` }];
      }
      return [{ change: "changed", path, what: `was ${nameOf(before)}, is ${nameOf(after)}` }];
    }
    return [
      ...compareLimits(before, after, path),
      ...this.#object(before, after, path),
      ...this.#list(before, after, path),
      ...this.#joined(before, after, path),
      ...compareOthers(before, after, path),
    ];
  }

  #object(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
    const [old, now] = [before.properties ?? {}, after.properties ?? {}];
    const [wasStrict, isStrict] = [before.additionalProperties === false, after.additionalProperties === false];
    const differences: Difference[] = [];
    for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
      const [was, is] = [
        Object.hasOwn(old, name) ? old[name] : undefined,
        Object.hasOwn(now, name) ? now[name] : undefined,
      ];
      const [wasRequired, isRequired] = [requires(before, name), requires(after, name)];
      const at = `${path}.${name}`;
      if (was && is) {
        if (wasRequired !== isRequired) {
          differences.push(
            isRequired
              ? { change: "madeRequired", path: at, what: "is required now" }
              : { change: "madeOptional", path: at, what: "may be left out now" },
          );
        }
        differences.push(...this.compare(was, is, at));
      } else if (is) {
        differences.push({ change: added(isRequired, wasStrict), path: at, what: newPart(isRequired, "field") });
      } else {
        const change = isStrict ? "fieldRemovedFromStrict" : wasRequired ? "fieldRemoved" : "optionalFieldRemoved";
        differences.push({ change, path: at, what: "the field is gone" });
      }
    }
    return [
      ...differences,
      ...this.#rest(before.additionalProperties, after.additionalProperties, { path, step: ".*" }),
    ];
  }

  /** What an object or a list has beside what it names. */
  #rest(
    before: JsonSchema["items"],
    after: JsonSchema["items"],
    { path, step }: { readonly path: string; readonly step: string },
  ): readonly Difference[] {
    const [old, now] = [before ?? true, after ?? true];
    if (typeof old === "object" && typeof now === "object") return this.compare(old, now, `${path}${step}`);
    if (isOpen(old) === isOpen(now) && typeof old === typeof now) return [];
    if (isOpen(now) || old === false) {
      return isOpen(old) ? [] : [{ change: "loosened", path, what: "may have more than it names" }];
    }
    if (isOpen(old) || now === false) return [{ change: "tightened", path, what: "may have no more than it names" }];
    return [];
  }

  #list(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
    const [old, now] = [before.prefixItems ?? [], after.prefixItems ?? []];
    if (old.length === 0 && now.length === 0) return this.#rest(before.items, after.items, { path, step: "[]" });
    if (!before.prefixItems || !after.prefixItems) {
      return [{ change: "changed", path, what: `was ${nameOf(before)}, is ${nameOf(after)}` }];
    }
    const [wasClosed, isClosed] = [before.items === false, after.items === false];
    const items = Array.from({ length: Math.max(old.length, now.length) }, (_, index) => index);
    const differences = items.flatMap((index): readonly Difference[] => {
      const [was, is] = [old[index], now[index]];
      const [wasRequired, isRequired] = [index < (before.minItems ?? 0), index < (after.minItems ?? 0)];
      const at = `${path}[${index}]`;
      if (was && is) {
        const change = isRequired ? "madeRequired" : "madeOptional";
        const what = isRequired ? "is required now" : "may be left out now";
        return [
          ...(wasRequired === isRequired ? [] : [{ change, path: at, what } as const]),
          ...this.compare(was, is, at),
        ];
      }
      if (is) {
        return [{ change: added(isRequired, wasClosed), path: at, what: newPart(isRequired, "item") }];
      }
      return [{ change: isClosed ? "fieldRemovedFromStrict" : "fieldRemoved", path: at, what: "the item is gone" }];
    });
    return [...differences, ...this.#rest(before.items, after.items, { path, step: "[…]" })];
  }

  /** Intersections: part by part. */
  #joined(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
    const [old, now] = [before.allOf ?? [], after.allOf ?? []].map((parts) =>
      parts.filter((part) => !isLimit(part)),
    ) as [JsonSchema[], JsonSchema[]];
    if (old.length === now.length) return old.flatMap((part, index) => this.compare(part, now[index] ?? {}, path));
    const change = now.length > old.length ? "tightened" : "loosened";
    return [{ change, path, what: `was an intersection of ${old.length}, is one of ${now.length}` }];
  }
}

function added(isRequired: boolean, toStrict: boolean): SchemaChange {
  if (toStrict) return isRequired ? "requiredFieldAddedToStrict" : "fieldAddedToStrict";
  return isRequired ? "requiredFieldAdded" : "optionalFieldAdded";
}

function newPart(isRequired: boolean, noun: string): string {
  return `${isRequired ? "a required" : "an optional"} ${noun} is new`;
}

// ── Unions ──

/** A schema as the list of what it allows. */
interface Variants {
  readonly hasNull: boolean;
  readonly values: readonly unknown[];
  readonly schemas: readonly JsonSchema[];
}

function variantsOf(schema: JsonSchema, definitions: Definitions, entered: readonly string[] = []): Variants {
  if (schema.$ref !== undefined) {
    const name = nameIn(schema.$ref);
    if (entered.includes(name)) return { hasNull: false, values: [], schemas: [schema] };
    return variantsOf(definitions[name] ?? {}, definitions, [...entered, name]);
  }
  const options = schema.anyOf ?? schema.oneOf;
  if (options) {
    const all = options.map((option) => variantsOf(option, definitions, entered));
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
  if (typeof schema.type === "object") {
    const { type, ...others } = schema;
    return variantsOf({ anyOf: type.map((each) => ({ type: each, ...others })) }, definitions, entered);
  }
  return { hasNull: false, values: [], schemas: [schema] };
}

/** The type that a list of values was widened to, if it was. */
function widened(from: Variants, to: Variants): string | undefined {
  const [schema] = to.schemas;
  if (from.values.length === 0 || from.schemas.length > 0 || to.values.length > 0 || !schema) return undefined;
  const type = typeOf(schema);
  const fits = (value: unknown): boolean => typeof value === (type === "integer" ? "number" : type);
  return to.schemas.length === 1 && type !== undefined && from.values.every(fits) ? nameOf(schema) : undefined;
}

/** Values have become something else, or something else values. Of two lists of values some may have stayed on paper only. */
function isNothingInCommon(before: Variants, after: Variants): boolean {
  const [old, now] = [before, after].map(({ values, schemas }) => ({ values: values.length, schemas: schemas.length }));
  if (!old || !now) return false;
  const isApart = (a: typeof old, b: typeof old): boolean =>
    a.values > 0 && a.schemas === 0 && b.schemas > 0 && b.values === 0;
  if (isApart(old, now) || isApart(now, old)) return true;
  if (old.values + now.values > 0 || old.schemas + now.schemas < 3) return false;
  const { pairs, removed, added } = matchVariants(before.schemas, after.schemas);
  return pairs.length === 0 && removed.length > 0 && added.length > 0;
}

function words({ values, schemas }: Variants): string {
  return [...values.map(text), ...schemas.map(nameOf)].join(" or ") || "nothing";
}

interface Matching {
  readonly pairs: readonly (readonly [before: JsonSchema, after: JsonSchema])[];
  readonly removed: readonly JsonSchema[];
  readonly added: readonly JsonSchema[];
}

/** Which option of a union has become which: the same one, else by the value that tells it apart, else by its type. */
function matchVariants(before: readonly JsonSchema[], after: readonly JsonSchema[]): Matching {
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
    all.filter((each) => typeOf(each) === typeOf(schema)).length === 1;
  return (
    typeOf(a) === typeOf(b) && isAlone(a, before) && isAlone(b, after) && !hasDiscriminator(a) && !hasDiscriminator(b)
  );
}

function hasDiscriminator({ properties = {} }: JsonSchema): boolean {
  return Object.values(properties).some((part) => "const" in part);
}

// ── Limits ──

const LEAST = ["minimum", "minLength", "minItems", "minProperties"];
const MOST = ["maximum", "maxLength", "maxItems", "maxProperties"];
/** Compared elsewhere. */
const KNOWN: ReadonlySet<string> = new Set([
  ...LEAST,
  ...MOST,
  ..."exclusiveMinimum exclusiveMaximum multipleOf pattern format type default properties required".split(" "),
  ..."additionalProperties items prefixItems allOf anyOf oneOf enum const not $ref".split(" "),
]);

function compareLimits(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
  const isTuple = before.prefixItems !== undefined || after.prefixItems !== undefined; // its length says nothing new
  const bounds = [
    ...LEAST.map((keyword) => ({ keyword, sign: 1 })),
    ...MOST.map((keyword) => ({ keyword, sign: -1 })),
  ].filter(({ keyword }) => !(isTuple && keyword.endsWith("Items")));
  return [
    ...bounds.flatMap(({ keyword, sign }) => {
      const [old, now] = [boundOf(before, keyword), boundOf(after, keyword)];
      return compareBounds(old, now, { keyword, sign, path });
    }),
    ...compareSteps(before, after, path),
    ...compareTexts(before, after, path),
  ];
}

/** A limit; an exclusive one is a little further in. Zod's own for integers is none. */
interface Bound {
  readonly value: number;
  readonly exclusive: boolean;
}

function boundOf(schema: JsonSchema, keyword: string): Bound | undefined {
  const exclusive = schema[`exclusive${keyword.charAt(0).toUpperCase()}${keyword.slice(1)}`];
  const value = typeof exclusive === "number" ? exclusive : schema[keyword];
  if (typeof value !== "number" || Math.abs(value) >= Number.MAX_SAFE_INTEGER) return undefined;
  return { value, exclusive: typeof exclusive === "number" };
}

function compareBounds(
  before: Bound | undefined,
  after: Bound | undefined,
  { keyword, sign, path }: { readonly keyword: string; readonly sign: number; readonly path: string },
): readonly Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  const depth = (bound: Bound | undefined): number => (bound ? sign * bound.value : Number.NEGATIVE_INFINITY);
  const moved = depth(after) - depth(before);
  const isTighter = moved > 0 || (moved === 0 && after?.exclusive === true);
  const words = (bound: Bound | undefined): string =>
    bound ? `${bound.value}${bound.exclusive ? " (exclusive)" : ""}` : "none";
  return [
    {
      change: isTighter ? "tightened" : "loosened",
      path,
      what: `${keyword} was ${words(before)} and is ${words(after)}`,
    },
  ];
}

function compareSteps(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
  const [old, now] = [before.multipleOf, after.multipleOf] as (number | undefined)[];
  if (old === now) return [];
  const what = `multipleOf was ${old ?? "none"} and is ${now ?? "none"}`;
  if (old === undefined || (now !== undefined && now % old === 0)) return [{ change: "tightened", path, what }];
  if (now === undefined || old % now === 0) return [{ change: "loosened", path, what }];
  return [{ change: "changed", path, what }];
}

/** Formats and patterns. The pattern that comes with a format may change with zod's version. */
function compareTexts(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
  const [old, now] = [before.format, after.format];
  if (old !== undefined && old === now && !before.allOf && !after.allOf) return [];
  const [wasIn, isIn] = [textLimits(before), textLimits(after)];
  const [gone, came] = [wasIn.filter((each) => !isIn.includes(each)), isIn.filter((each) => !wasIn.includes(each))];
  if (gone.length === 0 && came.length === 0) return [];
  const what = [...gone.map((each) => `${each} is gone`), ...came.map((each) => `${each} is new`)].join(", ");
  return [{ change: gone.length === 0 ? "tightened" : came.length === 0 ? "loosened" : "changed", path, what }];
}

function textLimits(schema: JsonSchema): readonly string[] {
  const patterns = [schema, ...(schema.allOf ?? [])].flatMap(({ pattern }) => (pattern === undefined ? [] : [pattern]));
  const format = schema.format === undefined ? [] : [`the format ${schema.format}`];
  return format.length > 0 && patterns.length === 1
    ? format
    : [...format, ...patterns.map((each) => `the pattern ${each}`)];
}

/** Zod puts second patterns and steps into an intersection. */
function isLimit(part: JsonSchema): boolean {
  return Object.keys(part).every((keyword) => keyword === "pattern" || keyword === "multipleOf");
}

/** Whatever else a schema says is compared as it stands: nothing goes unseen. */
function compareOthers(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
  const others = (schema: JsonSchema) =>
    Object.fromEntries(Object.entries(schema).filter(([keyword]) => !KNOWN.has(keyword)));
  const [old, now] = [others(before), others(after)];
  if (isDeepStrictEqual(old, now)) return [];
  return [{ change: "changed", path, what: `was ${text(old)}, is ${text(now)}` }];
}

// ── Words ──

function resolve(schema: JsonSchema, definitions: Definitions): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const target = definitions[nameIn(schema.$ref)] ?? {};
  return { ...target, ...schema };
}

function typeOf({ type }: JsonSchema): string | undefined {
  return typeof type === "object" ? type.join(" or ") : type;
}

function requires({ required = [] }: JsonSchema, name: string): boolean {
  return required.includes(name);
}

function isOpen(rest: boolean | JsonSchema): boolean {
  return rest === true || (typeof rest === "object" && Object.keys(rest).length === 0);
}

function includes(values: readonly unknown[], value: unknown): boolean {
  return values.some((each) => isDeepStrictEqual(each, value));
}

function nameOf(schema: JsonSchema): string {
  const discriminator = Object.entries(schema.properties ?? {}).find(([, part]) => "const" in part);
  if (discriminator) return `the option with ${discriminator[0]}: ${text(discriminator[1].const)}`;
  const type = typeOf(schema);
  return type === "array" && schema.prefixItems ? "tuple" : (type ?? "anything");
}

function list(values: readonly unknown[]): string {
  return values.map(text).join(", ");
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
