import type { $ZodType } from "zod/v4/core";
import { defOf, isSchema } from "../../src/contract/schema.js";

/** The side of a schema: the values on the wire, or those that applications use. */
export type Side = "wire" | "own";

/** Returns the kinds of values that thin clients can tell apart. `undefined` if a schema accepts more than that. */
export function kindsOf(
  schema: unknown,
  side: Side,
  seen: ReadonlySet<unknown> = new Set(),
): ReadonlySet<string> | undefined {
  if (!isSchema(schema) || seen.has(schema)) return undefined;
  const def = defOf(schema);
  const of = (inner: unknown) => kindsOf(inner, side, new Set([...seen, schema]));
  const kind = KINDS[def.type];
  if (kind !== undefined) return def.coerce ? undefined : new Set([kind]);
  switch (def.type) {
    case "literal":
      return new Set((def.values as unknown[]).map(kindOfLiteral));
    case "enum":
      return new Set(Object.values(def.entries as object).map(kindOfLiteral));
    case "optional":
    case "default":
    case "prefault":
      return joined([new Set(["undefined"]), of(def.innerType)]);
    case "nullable":
      return joined([new Set(["null"]), of(def.innerType)]);
    case "readonly":
    case "nonoptional":
    case "catch":
      return of(def.innerType);
    case "lazy":
      return of((def.getter as () => $ZodType)());
    case "pipe":
      return of(side === "wire" || !("reverseTransform" in def) ? def.in : def.out);
    case "union":
      return joined((def.options as unknown[]).map(of));
    case "custom":
      return CLASSES.has(className(schema)) ? new Set([className(schema)]) : undefined;
    default:
      return undefined;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: "string",
  template_literal: "string",
  number: "number",
  int: "number",
  boolean: "boolean",
  bigint: "bigint",
  null: "null",
  undefined: "undefined",
  void: "undefined",
  object: "object",
  record: "object",
  array: "list",
  tuple: "list",
  date: "Date",
  map: "Map",
  set: "Set",
};

/** The classes that thin clients know. */
const CLASSES: ReadonlySet<string> = new Set(["Date", "Map", "Set", "URL", "Uint8Array"]);

function className(schema: $ZodType): string {
  return (schema._zod.bag as { Class?: { name: string } }).Class?.name ?? "";
}

function kindOfLiteral(value: unknown): string {
  return value === null ? "null" : typeof value;
}

function joined(kinds: readonly (ReadonlySet<string> | undefined)[]): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  for (const each of kinds) {
    if (!each) return undefined;
    for (const kind of each) all.add(kind);
  }
  return all;
}
