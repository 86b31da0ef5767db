import type { SchemaId, SchemaNode } from "../loader/description.js";
import { isOwnAlternative } from "./own-alternative.js";
import { partsOf } from "./parts.js";
import { INSTANCES, isOptionalOnWire, nodeOf } from "./resolve.js";
import type { Slot } from "./slots.js";
import { gapsIn } from "./undefined.js";

/** A schema that a contract must not contain, with its path. */
export interface SchemaProblem {
  readonly slot: Slot;
  /** Such as `add2.input.when`. */
  readonly path: string;
  /** The problem, and the alternative to use. */
  readonly problem: string;
}

/**
 * Finds schemas that a contract must not contain: values that do not survive JSON, types that exist only in the source, and
 * transforms that cannot be reversed. The decoded side of a codec or transform is never sent, so more is allowed there.
 */
export function checkSchemas(schemas: readonly SchemaNode[], slots: readonly Slot[]): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const add = (problem: SchemaProblem): void => {
    if (!problems.some((other) => other.path === problem.path && other.problem === problem.problem))
      problems.push(problem);
  };
  for (const slot of slots) {
    const seen = new Set<string>();
    const visit = (id: SchemaId, way: Way): void => {
      const key = `${id} ${way.travels} ${way.isGiven}`;
      if (seen.has(key)) return;
      seen.add(key);
      const node = nodeOf(schemas, id);
      const problem = isOwnAlternative(schemas, id)
        ? OWN_ALTERNATIVE
        : problemOf(node, { schemas, way, isInput: slot.isInput });
      if (problem !== undefined) {
        add({ slot, path: way.path, problem });
        return;
      }
      const gaps = way.travels ? gapsIn(schemas, node) : [];
      for (const { step, problem } of gaps) add({ slot, path: `${way.path}${step}`, problem });
      for (const part of waysInto(node, { schemas, way })) visit(part.schema, part.way);
    };
    visit(slot.schema, { path: slot.path, travels: true, isGiven: false });
  }
  return problems;
}

interface Way {
  readonly path: string;
  /** Whether values of the schema are sent. The decoded side of a codec or transform is not. */
  readonly travels: boolean;
  /** Whether a pipe continues from here. Then only the input shows in a type. */
  readonly isGiven: boolean;
}

function waysInto(
  node: SchemaNode,
  { schemas, way }: { readonly schemas: readonly SchemaNode[]; readonly way: Way },
): readonly { readonly schema: SchemaId; readonly way: Way }[] {
  return partsOf(node, schemas).map(({ schema, step }) => {
    const isDecoded =
      node.kind === "template" || // parts of a string
      (node.kind === "codec" && schema === node.out) ||
      (node.kind === "pipe" && schema === node.out && schema !== node.in && converts(schemas, node.in));
    const isGiven = way.isGiven || (node.kind === "pipe" && schema === node.in);
    return { schema, way: { path: `${way.path}${step}`, travels: way.travels && !isDecoded, isGiven } };
  });
}

function problemOf(
  node: SchemaNode,
  { schemas, way, isInput }: { readonly schemas: readonly SchemaNode[]; readonly way: Way; readonly isInput: boolean },
): string | undefined {
  switch (node.kind) {
    case "keyword":
      return way.travels ? DECODED_ONLY[node.keyword] : undefined;
    case "literal":
      return way.travels &&
        node.values.some((value) => typeof value === "object" && value !== null && "bigint" in value)
        ? DECODED_ONLY.bigint
        : undefined;
    case "object":
      return propertyProblem(schemas, node.properties);
    case "map":
    case "set":
      return way.travels ? DECODED_ONLY[node.kind] : undefined;
    case "instance":
      if (INSTANCES[node.className] === undefined) {
        return `z.instanceof(${node.className}) has a class that generated types cannot name; use a z.object() with its fields`;
      }
      return way.travels && node.className !== "Uint8Array" ? notJson(`z.instanceof(${node.className})`) : undefined;
    case "readonly":
      return mayBeBytes(schemas, node.inner) ? FROZEN_BYTES : undefined;
    case "record":
    case "partialRecord":
      return isKey(schemas, node.key)
        ? undefined
        : "the keys of a z.record() must be strings, numbers or literals of these; for other keys use a z.array() of pairs";
    case "pipe":
      return !isInput && isOneWay(schemas, node.in) ? ONE_WAY : undefined;
    case "preprocess":
      return isInput ? undefined : ONE_WAY;
    case "transform":
      if (!isInput) return ONE_WAY;
      return way.isGiven ? undefined : INVISIBLE_RESULT;
    case "other":
      return (
        (way.travels ? undefined : UNNAMED[node.type]) ??
        OTHER[node.type] ??
        `zod's kind "${node.type}" is not known to this version of wampact; use another schema, or report it`
      );
    default:
      return undefined;
  }
}

function propertyProblem(
  schemas: readonly SchemaNode[],
  properties: readonly { readonly name: string; readonly schema: SchemaId }[],
): string | undefined {
  if (properties.some(({ name }) => name === "__proto__")) return PROTOTYPE;
  const inherited = properties.find(
    ({ name, schema }) => name in Object.prototype && isOptionalOnWire({ schemas }, schema),
  );
  if (!inherited) return undefined;
  return `a property named "${inherited.name}" must not be optional: where it is missing, zod checks the value that every object inherits; make it required, or choose another name`;
}

const OWN_ALTERNATIVE =
  "the schema contains itself without a list or an object in between, so checking a value would never end; remove it from its own alternatives";
const PROTOTYPE = 'a property named "__proto__" is dropped by zod and unsafe to assign; choose another name';
const ONE_WAY =
  ".transform() and z.preprocess() work one way, and here a value has to go both ways; use z.codec(wire, value, { decode, encode })";
const INVISIBLE_RESULT =
  "the result type of .transform() is not visible at run time; add .pipe() with the schema of the result, or use z.codec(wire, value, { decode, encode })";

/** Kinds that do not survive JSON, with a codec that does. */
const DECODED_ONLY: Readonly<Record<string, string>> = {
  Date: "z.date() does not survive JSON; use z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() })",
  bigint:
    "a bigint does not survive JSON; use z.codec(z.string().regex(/^-?\\d+$/), z.bigint(), { decode: (text) => BigInt(text), encode: (value) => value.toString() })",
  map: "z.map() does not survive JSON; use z.record(), or z.codec(z.array(z.tuple([key, value])), z.map(key, value), { decode: (pairs) => new Map(pairs), encode: (map) => [...map] })",
  set: "z.set() does not survive JSON; use z.array(), or z.codec(z.array(value), z.set(value), { decode: (items) => new Set(items), encode: (set) => [...set] })",
};

const FROZEN_BYTES =
  "zod freezes values of .readonly(), and JavaScript cannot freeze bytes, so every value would fail; remove .readonly()";

/** Kinds that no contract may contain, not even as the decoded value of a codec. */
const UNNAMED: Readonly<Record<string, string>> = Object.fromEntries(
  ["file", "function", "nan", "promise", "symbol"].map((kind) => [
    kind,
    `z.${kind}() has no type that generated code can name; decode to another value, and make this one where it is used`,
  ]),
);

/** Kinds that no contract may contain. */
const OTHER: Readonly<Record<string, string>> = {
  any: "z.any() disables type checking of the value; use z.unknown()",
  custom:
    "the type of z.custom() exists only in the source; use a schema for the shape, and .refine() for other checks",
  enum: "generated code cannot name the type of a TypeScript enum; use z.enum([…]) or z.literal([…])",
  file: notJson("z.file()"),
  function: notJson("z.function()"),
  nan: "NaN and infinities do not survive JSON; use z.null() or a string for them",
  promise: "a promise cannot be sent; use the schema of its result, because calls return promises already",
  success: "z.success() works one way; use z.boolean()",
  symbol: notJson("z.symbol()"),
};

function notJson(what: string): string {
  return `${what} does not survive JSON; use z.codec(wire, value, { decode, encode }) with a wire schema that does`;
}

function isOneWay(schemas: readonly SchemaNode[], id: SchemaId): boolean {
  const node = nodeOf(schemas, id);
  return (
    node.kind === "transform" || (node.kind === "pipe" && (isOneWay(schemas, node.in) || isOneWay(schemas, node.out)))
  );
}

/** Returns whether a schema changes the kind of any of its values. */
function converts(schemas: readonly SchemaNode[], id: SchemaId, seen: Set<SchemaId> = new Set()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const node = nodeOf(schemas, id);
  if (node.kind === "codec" || node.kind === "transform" || node.kind === "preprocess") return true;
  return partsOf(node, schemas).some(({ schema }) => converts(schemas, schema, seen));
}

/** Returns whether the receiver may get bytes, possibly in a wrapper or as an alternative. */
function mayBeBytes(schemas: readonly SchemaNode[], id: SchemaId, seen: Set<SchemaId> = new Set()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const of = (part: SchemaId) => mayBeBytes(schemas, part, seen);
  const node = nodeOf(schemas, id);
  switch (node.kind) {
    case "instance":
      return node.className === "Uint8Array";
    case "codec":
    case "pipe":
    case "preprocess":
      return of(node.out);
    case "union":
      return node.options.some(of);
    default:
      return "inner" in node && of(node.inner);
  }
}

/** Returns whether TypeScript allows the schema's type for keys. */
function isKey(schemas: readonly SchemaNode[], id: SchemaId): boolean {
  const node = nodeOf(schemas, id);
  switch (node.kind) {
    case "keyword":
    case "coerced":
      return node.keyword === "string" || node.keyword === "number";
    case "literal":
      return node.values.every((value) => typeof value === "string" || typeof value === "number");
    case "template":
      return true;
    case "union":
      return node.options.every((option) => isKey(schemas, option));
    case "codec":
      return isKey(schemas, node.out);
    case "pipe":
      return isKey(schemas, node.in) && isKey(schemas, node.out);
    case "lazy":
    case "readonly":
    case "brand":
    case "catch":
      return isKey(schemas, node.inner);
    default:
      return false;
  }
}
