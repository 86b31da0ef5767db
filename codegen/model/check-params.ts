import type { SchemaId, SchemaNode } from "../loader/description.js";
import type { SchemaProblem } from "./check-schemas.js";
import { nodeOf } from "./resolve.js";
import type { Slot } from "./slots.js";

const NO_TEXT =
  "the value of a URI parameter is a text; use a schema of strings, or z.codec(z.string(), value, { decode, encode })";

/** Finds parameters of URIs whose schemas accept no text, so that no URI would match. The compiler finds most of them, too. */
export function checkParams(schemas: readonly SchemaNode[], slots: readonly Slot[]): readonly SchemaProblem[] {
  return slots
    .filter(({ accessor, schema }) => accessor[2] === "params" && !acceptsText(schemas, schema))
    .map((slot) => ({ slot, path: slot.path, problem: NO_TEXT }));
}

function acceptsText(
  schemas: readonly SchemaNode[],
  id: SchemaId,
  entered: ReadonlySet<SchemaId> = new Set(),
): boolean {
  if (entered.has(id)) return false;
  const of = (part: SchemaId) => acceptsText(schemas, part, new Set([...entered, id]));
  const node = nodeOf(schemas, id);
  switch (node.kind) {
    case "keyword":
      return node.keyword === "string" || node.keyword === "unknown";
    case "literal":
      return node.values.some((value) => typeof value === "string");
    case "coerced":
    case "template":
    case "preprocess":
    case "transform":
      return true;
    case "codec":
    case "pipe":
      return of(node.in);
    case "union":
      return node.options.some(of);
    case "intersection":
      return of(node.left) && of(node.right);
    default:
      return "inner" in node && of(node.inner);
  }
}
