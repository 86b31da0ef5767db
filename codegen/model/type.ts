import type { LiteralValue } from "../loader/description.js";

/** A TypeScript type, before it is printed. Names are final: the file declares them, or they are globals. */
export type Type =
  | { readonly kind: "keyword"; readonly keyword: string }
  | { readonly kind: "literal"; readonly value: LiteralValue }
  | { readonly kind: "template"; readonly parts: readonly (string | Type)[] }
  | { readonly kind: "reference"; readonly name: string; readonly arguments?: readonly Type[] }
  | { readonly kind: "object"; readonly properties: readonly Property[]; readonly index?: IndexSignature }
  | {
      readonly kind: "mapped";
      readonly keys: Type;
      readonly value: Type;
      readonly optional: boolean;
      readonly readonly: boolean;
    }
  | { readonly kind: "array"; readonly element: Type; readonly readonly: boolean }
  | { readonly kind: "tuple"; readonly items: readonly Item[]; readonly rest?: Type; readonly readonly: boolean }
  | { readonly kind: "union"; readonly options: readonly Type[] }
  | { readonly kind: "intersection"; readonly parts: readonly Type[] };

export interface Property {
  readonly name: string;
  readonly type: Type;
  readonly optional: boolean;
  readonly readonly: boolean;
  readonly doc: Doc;
}

export interface IndexSignature {
  readonly key: Type;
  readonly value: Type;
  readonly readonly: boolean;
}

export interface Item {
  readonly type: Type;
  readonly optional: boolean;
}

/** The content of a comment, in the author's words. The printer escapes it. */
export interface Doc {
  readonly description?: string;
  /** JSON text. */
  readonly default?: string;
  /** JSON texts. */
  readonly examples?: readonly string[];
  readonly deprecated?: string | true;
}

export function keyword(name: string): Type {
  return { kind: "keyword", keyword: name };
}

export const UNDEFINED: Type = keyword("undefined");
export const UNKNOWN: Type = keyword("unknown");

/** Returns the union of types, flat and without duplicates, with `null` and `undefined` last. `unknown` replaces all others. */
export function unionOf(types: readonly Type[]): Type {
  const flat = types
    .flatMap((type) => (type.kind === "union" ? type.options : [type]))
    .filter((type) => !isKeyword(type, "never"));
  if (flat.some((type) => isKeyword(type, "unknown"))) return UNKNOWN;
  const unique = new Map(flat.map((type) => [JSON.stringify(type), type])); // an enum may have thousands of values
  const options = [...unique.values()].sort((a, b) => emptiness(a) - emptiness(b));
  if (options.length === 0) return keyword("never");
  return options.length === 1 && options[0] ? options[0] : { kind: "union", options };
}

/** Returns the type without `undefined`. */
export function withoutUndefined(type: Type): Type {
  switch (type.kind) {
    case "union":
      return unionOf(type.options.map(withoutUndefined));
    case "keyword":
      return type.keyword === "undefined" || type.keyword === "void" ? keyword("never") : type;
    case "literal":
      return isUndefinedLiteral(type.value) ? keyword("never") : type;
    default:
      return type;
  }
}

/** Returns the type that `z.readonly()` makes of it. */
export function readonlyOf(type: Type): Type {
  switch (type.kind) {
    case "object":
      return {
        ...type,
        properties: type.properties.map((property) => ({ ...property, readonly: true })),
        ...(type.index && { index: { ...type.index, readonly: true } }),
      };
    case "mapped":
    case "array":
      return { ...type, readonly: true };
    case "tuple":
      return readonlyTuple(type);
    case "union":
      return unionOf(type.options.map(readonlyOf));
    case "reference":
      return READONLY_TWINS[type.name] === undefined
        ? { kind: "reference", name: "Readonly", arguments: [type] }
        : { ...type, name: READONLY_TWINS[type.name] ?? type.name };
    case "intersection":
      return { kind: "reference", name: "Readonly", arguments: [type] };
    case "keyword":
      // zod's type is `{}`, which only this expression prints identically
      return isSame(type, UNKNOWN) ? { kind: "reference", name: "Readonly", arguments: [type] } : type;
    default:
      return type;
  }
}

/** Returns the type of a read-only tuple. Zod makes a plain array of a tuple whose first item may be missing. */
function readonlyTuple(type: Type & { readonly kind: "tuple" }): Type {
  const [first] = type.items;
  if (first && !first.optional) return { ...type, readonly: true };
  const elements = [...type.items.map((item) => item.type), ...(type.rest ? [type.rest] : [])];
  return { kind: "array", element: unionOf(elements), readonly: true };
}

/** Globals with a read-only counterpart, and those that `z.readonly()` does not change. */
const READONLY_TWINS: Readonly<Record<string, string>> = {
  Map: "ReadonlyMap",
  Set: "ReadonlySet",
  Date: "Date",
  Uint8Array: "Uint8Array",
};

/** Returns the types directly inside one. */
export function partsIn(type: Type): readonly Type[] {
  const parts: Type[] = [];
  mapParts(type, (part) => {
    parts.push(part);
    return part;
  });
  return parts;
}

/** Returns the type with each type directly inside it replaced. */
export function mapParts(type: Type, map: (part: Type) => Type): Type {
  switch (type.kind) {
    case "keyword":
    case "literal":
      return type;
    case "template":
      return { ...type, parts: type.parts.map((part) => (typeof part === "string" ? part : map(part))) };
    case "reference":
      return type.arguments ? { ...type, arguments: type.arguments.map(map) } : type;
    case "object": {
      const properties = type.properties.map((property) => ({ ...property, type: map(property.type) }));
      const { index } = type;
      return index
        ? { ...type, properties, index: { ...index, key: map(index.key), value: map(index.value) } }
        : { ...type, properties };
    }
    case "mapped":
      return { ...type, keys: map(type.keys), value: map(type.value) };
    case "array":
      return { ...type, element: map(type.element) };
    case "tuple": {
      const items = type.items.map((item) => ({ ...item, type: map(item.type) }));
      return type.rest ? { ...type, items, rest: map(type.rest) } : { ...type, items };
    }
    case "union":
      return { ...type, options: type.options.map(map) };
    case "intersection":
      return { ...type, parts: type.parts.map(map) };
  }
}

/** Returns whether two types are printed identically. The order of a union's options counts. */
export function isSame(a: Type, b: Type): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isKeyword(type: Type, name: string): boolean {
  return type.kind === "keyword" && type.keyword === name;
}

function emptiness(type: Type): number {
  if (isKeyword(type, "undefined")) return 2;
  return isKeyword(type, "null") || (type.kind === "literal" && type.value === null) ? 1 : 0;
}

function isUndefinedLiteral(value: LiteralValue): boolean {
  return typeof value === "object" && value !== null && "undefined" in value;
}
