import { isDeepStrictEqual } from "node:util";
import { type JsonSchema, READING } from "../json-schema.js";
import { compareLimits, isLimit, LIMITS } from "./compare-limits.js";
import { compareReading } from "./compare-reading.js";
import type { Difference } from "./difference.js";
import { type Definitions, includes, list, nameOf, resolve, text, typeOf } from "./schema-words.js";
import type { SchemaChange } from "./table.js";
import { isAnything, isNothingInCommon, matchVariants, type Variants, variantsOf, widened, words } from "./variants.js";

/** A schema with the definitions that it refers to. */
export interface Rooted {
  readonly schema: JsonSchema;
  readonly definitions: Definitions;
}

/** Returns every difference between two schemas, each with its path. */
export function compareSchemas(before: Rooted, after: Rooted, path: string): readonly Difference[] {
  return new Comparison(before.definitions, after.definitions).compare(before.schema, after.schema, path);
}

class Comparison {
  readonly #before: Definitions;
  readonly #after: Definitions;
  readonly #seen = new Set<string>(); // pairs of definitions, which may be recursive
  readonly #shapes = new Map<JsonSchema, Set<JsonSchema>>(); // before → after: such pairs among the options of unions

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
    const [was, is] = [resolve(before, this.#before), resolve(after, this.#after)];
    const [old, now] = [variantsOf(before, this.#before), variantsOf(after, this.#after)];
    return [
      ...this.#defaults(was, is, path),
      ...(isUnion(was) === isUnion(is) ? compareReading(was, is, path) : []), // otherwise it is compared for each option
      ...(isUnion(was) || isUnion(is) ? readingOfOptions(old, now, path) : []),
      ...this.#variants(old, now, path),
    ];
  }

  #defaults(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
    const [old, now] = [before.default, after.default];
    if (old === undefined || now === undefined || isDeepStrictEqual(old, now)) return [];
    return [{ change: "defaultChanged", path, what: `the default was ${text(old)} and is ${text(now)}` }];
  }

  #variants(before: Variants, after: Variants, path: string): readonly Difference[] {
    if (isAnything(before) !== isAnything(after)) {
      return isAnything(after)
        ? [{ change: "loosened", path, what: `was ${words(before)}, now may be any value` }]
        : [{ change: "tightened", path, what: `was any value, now must be ${words(after)}` }];
    }
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
        { change: "loosened", path, what: `was one of ${list(before.values)}, now may be any ${open}` },
      ];
    if (closed)
      return [
        ...differences,
        { change: "tightened", path, what: `was any ${closed}, now must be one of ${list(after.values)}` },
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

  /** Compares two schemas that are neither a union nor a list of values. */
  #shape(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
    const compared = this.#shapes.get(before) ?? new Set();
    if (compared.has(after)) return [];
    this.#shapes.set(before, compared.add(after));
    const [old, now] = [typeOf(before), typeOf(after)];
    if (old !== now) {
      if (old === undefined || (old === "number" && now === "integer")) {
        return [{ change: "tightened", path, what: `was any ${old ?? "value"}, now must be ${nameOf(after)}` }];
      }
      if (now === undefined || (old === "integer" && now === "number")) {
        return [{ change: "loosened", path, what: `was ${nameOf(before)}, now may be any ${now ?? "value"}` }];
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
        differences.push(...required(wasRequired, isRequired, at), ...this.compare(was, is, at));
      } else if (is) {
        differences.push({ change: added(isRequired, wasStrict), path: at, what: newPart(isRequired, "field") });
      } else {
        const change = isStrict ? "fieldRemovedFromStrict" : wasRequired ? "fieldRemoved" : "optionalFieldRemoved";
        differences.push({ change, path: at, what: "the field is gone" });
      }
    }
    return [
      ...differences,
      ...this.#keys(before, after, path),
      ...this.#rest(before.additionalProperties, after.additionalProperties, { path, step: ".*" }),
    ];
  }

  /** Compares the keys of a record: one by one if they are listed, otherwise by their schema. */
  #keys(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
    const [old, now] = [before, after].map(({ propertyNames }) =>
      propertyNames && isAnyText(propertyNames) ? undefined : propertyNames,
    );
    if (!old && !now) return [];
    const [was, is] = [variantsOf(old ?? ANY_TEXT, this.#before), variantsOf(now ?? ANY_TEXT, this.#after)];
    if (was.schemas.length + is.schemas.length > 0) {
      return this.compare(old ?? ANY_TEXT, now ?? ANY_TEXT, `${path}.(key)`);
    }
    const keys = [...new Set([...was.values, ...is.values])].map(String);
    return keys.flatMap((key): readonly Difference[] => {
      const at = `${path}.${key}`;
      const [wasRequired, isRequired] = [requires(before, key), requires(after, key)];
      if (!includes(was.values, key)) {
        return [{ change: added(isRequired, true), path: at, what: newPart(isRequired, "key") }];
      }
      if (!includes(is.values, key)) return [{ change: "fieldRemovedFromStrict", path: at, what: "the key is gone" }];
      return required(wasRequired, isRequired, at);
    });
  }

  /** Compares the values of an object or a list besides its named ones. */
  #rest(
    before: JsonSchema["items"],
    after: JsonSchema["items"],
    { path, step }: { readonly path: string; readonly step: string },
  ): readonly Difference[] {
    const [old, now] = [before ?? true, after ?? true];
    if (typeof old === "object" && typeof now === "object") return this.compare(old, now, `${path}${step}`);
    if (isOpen(old) === isOpen(now) && typeof old === typeof now) return [];
    if (isOpen(now) || old === false) {
      return isOpen(old) ? [] : [{ change: "loosened", path, what: "may now have other keys or items" }];
    }
    if (isOpen(old) || now === false)
      return [{ change: "tightened", path, what: "may no longer have other keys or items" }];
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
        return [...required(wasRequired, isRequired, at), ...this.compare(was, is, at)];
      }
      if (is) {
        return [{ change: added(isRequired, wasClosed), path: at, what: newPart(isRequired, "item") }];
      }
      return [{ change: isClosed ? "fieldRemovedFromStrict" : "fieldRemoved", path: at, what: "the item is gone" }];
    });
    return [...differences, ...this.#rest(before.items, after.items, { path, step: "[…]" })];
  }

  /** Compares intersections part by part. */
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

function isUnion({ anyOf, oneOf }: JsonSchema): boolean {
  return anyOf !== undefined || oneOf !== undefined;
}

function readingOfOptions(before: Variants, after: Variants, path: string): readonly Difference[] {
  return matchVariants(before.schemas, after.schemas).pairs.flatMap(([old, now]) => compareReading(old, now, path));
}

/** Returns the difference of a value that must be there, or no longer. */
export function required(was: boolean, is: boolean, path: string): readonly Difference[] {
  if (was === is) return [];
  return [
    is
      ? { change: "madeRequired", path, what: "is now required" }
      : { change: "madeOptional", path, what: "may now be omitted" },
  ];
}

const ANY_TEXT: JsonSchema = { type: "string" };

function isAnyText(schema: JsonSchema): boolean {
  return schema.type === "string" && Object.keys(schema).length === 1;
}

function requires({ required = [] }: JsonSchema, name: string): boolean {
  return required.includes(name);
}

function isOpen(rest: boolean | JsonSchema): boolean {
  return rest === true || (typeof rest === "object" && Object.keys(rest).length === 0);
}

/** The keywords that are compared by name: here, in limits, in reading, or in variants. */
const KNOWN: ReadonlySet<string> = new Set([
  ...LIMITS,
  ...Object.values(READING),
  ..."type default properties required additionalProperties propertyNames items prefixItems".split(" "),
  ..."allOf anyOf oneOf enum const not $ref".split(" "),
]);

/** Compares all other keywords literally, so no change is missed. */
function compareOthers(before: JsonSchema, after: JsonSchema, path: string): readonly Difference[] {
  const others = (schema: JsonSchema) =>
    Object.fromEntries(Object.entries(schema).filter(([keyword]) => !KNOWN.has(keyword)));
  const [old, now] = [others(before), others(after)];
  if (isDeepStrictEqual(old, now)) return [];
  return [{ change: "changed", path, what: `was ${text(old)}, is ${text(now)}` }];
}
