import type { SchemaId, SchemaNode } from "../loader/description.js";
import { isOwnAlternative } from "./own-alternative.js";
import { partsOf } from "./parts.js";
import { INSTANCES, nodeOf } from "./resolve.js";
import type { Slot } from "./slots.js";
import { gapsIn } from "./undefined.js";

/** A schema that cannot be in a contract, at the way that leads to it. */
export interface SchemaProblem {
  readonly slot: Slot;
  /** Such as `add2.input.when`. */
  readonly path: string;
  /** What it is, and what to use. */
  readonly problem: string;
}

/**
 * Finds what a contract cannot hold: values that do not survive JSON, types that exist only in the source, and
 * transforms that nobody could turn back. What a codec decodes to never travels, so more is allowed there.
 */
export function checkSchemas(schemas: readonly SchemaNode[], slots: readonly Slot[]): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
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
        problems.push({ slot, path: way.path, problem });
        return;
      }
      const gaps = way.travels ? gapsIn(schemas, node) : [];
      problems.push(...gaps.map((gap) => ({ slot, path: `${way.path}${gap.step}`, problem: gap.problem })));
      for (const part of waysInto(node, { schemas, way })) visit(part.schema, part.way);
    };
    visit(slot.schema, { path: slot.path, travels: true, isGiven: false });
  }
  return problems;
}

interface Way {
  readonly path: string;
  /** Whether values of the schema cross the wire; what a codec decodes to does not. */
  readonly travels: boolean;
  /** Whether a pipe goes on from here, so that only what is put in shows in a type. */
  readonly isGiven: boolean;
}

function waysInto(
  node: SchemaNode,
  { schemas, way }: { readonly schemas: readonly SchemaNode[]; readonly way: Way },
): readonly { readonly schema: SchemaId; readonly way: Way }[] {
  return partsOf(node, schemas).map(({ schema, step }) => {
    const isDecoded = (node.kind === "codec" && schema === node.out) || node.kind === "template"; // parts of a string
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
      return node.properties.some(({ name }) => name === "__proto__") ? PROTOTYPE : undefined;
    case "map":
    case "set":
      return way.travels ? DECODED_ONLY[node.kind] : undefined;
    case "instance":
      if (INSTANCES[node.className] === undefined) {
        return `z.instanceof(${node.className}) has a class that generated types cannot name; use a z.object() of what it holds`;
      }
      return way.travels && node.className !== "Uint8Array" ? notJson(`z.instanceof(${node.className})`) : undefined;
    case "record":
    case "partialRecord":
      return isKey(schemas, node.key)
        ? undefined
        : "the keys of a z.record() must be strings, numbers or literals of these; use z.array() of pairs for others";
    case "pipe":
      return !isInput && isOneWay(schemas, node.in) ? ONE_WAY : undefined;
    case "preprocess":
      return isInput ? undefined : ONE_WAY;
    case "transform":
      if (!isInput) return ONE_WAY;
      return way.isGiven ? undefined : INVISIBLE_RESULT;
    case "other":
      return (
        OTHER[node.type] ??
        `zod's kind "${node.type}" is not known to this version of wampact; use another schema, or tell us`
      );
    default:
      return undefined;
  }
}

const OWN_ALTERNATIVE =
  "the schema is a part of itself without a list or an object in between, so checking a value would never end; leave it out of its own alternatives";
const PROTOTYPE = 'a property named "__proto__" is dropped by zod and unsafe to assign; choose another name';
const ONE_WAY =
  ".transform() and z.preprocess() work one way, and here a value has to go both ways; use z.codec(wire, value, { decode, encode })";
const INVISIBLE_RESULT =
  "what .transform() gives cannot be seen at run time; add .pipe() with the schema of the result, or use z.codec(wire, value, { decode, encode })";

/** What does not survive JSON, with the codec that does. */
const DECODED_ONLY: Readonly<Record<string, string>> = {
  Date: "z.date() does not survive JSON; use z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() })",
  bigint:
    "a bigint does not survive JSON; use z.codec(z.string(), z.bigint(), { decode: (text) => BigInt(text), encode: (value) => value.toString() })",
  map: "z.map() does not survive JSON; use z.record(), or z.codec(z.array(z.tuple([key, value])), z.map(key, value), { decode: (pairs) => new Map(pairs), encode: (map) => [...map] })",
  set: "z.set() does not survive JSON; use z.array(), or z.codec(z.array(value), z.set(value), { decode: (items) => new Set(items), encode: (set) => [...set] })",
};

/** What can be in no contract. */
const OTHER: Readonly<Record<string, string>> = {
  any: "z.any() switches type checking off for everybody who holds the value; use z.unknown()",
  custom:
    "the type of z.custom() exists only in the source; use a schema that says the shape, and .refine() for what is left to check",
  enum: "what is made of a TypeScript enum has a type that generated code cannot name; use z.enum([…]) or z.literal([…])",
  file: notJson("z.file()"),
  function: notJson("z.function()"),
  nan: "NaN and infinities do not survive JSON; use z.null() or a string for them",
  promise: "z.promise() cannot travel; use the schema of what it settles with: calls are promises already",
  success: "z.success() works one way; use z.boolean()",
  symbol: notJson("z.symbol()"),
};

function notJson(what: string): string {
  return `${what} does not survive JSON; use z.codec(wire, value, { decode, encode }) from a schema that does`;
}

function isOneWay(schemas: readonly SchemaNode[], id: SchemaId): boolean {
  const node = nodeOf(schemas, id);
  return (
    node.kind === "transform" || (node.kind === "pipe" && (isOneWay(schemas, node.in) || isOneWay(schemas, node.out)))
  );
}

/** Whether TypeScript takes the schema's type for keys. */
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
