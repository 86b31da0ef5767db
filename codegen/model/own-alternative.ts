import type { SchemaId, SchemaNode } from "../loader/description.js";
import { partsOf } from "./parts.js";
import { nodeOf } from "./resolve.js";

/** Whether a schema is met again before any part of its values is: checking one would never end, and no type says it. */
export function isOwnAlternative(schemas: readonly SchemaNode[], id: SchemaId): boolean {
  const seen = new Set<SchemaId>();
  const visit = (each: SchemaId): boolean => {
    const node = nodeOf(schemas, each);
    if (!SAME_VALUE.has(node.kind)) return false;
    return partsOf(node, schemas).some(({ schema }) => {
      if (schema === id) return true;
      if (seen.has(schema)) return false;
      seen.add(schema);
      return visit(schema);
    });
  };
  return visit(id);
}

/** Kinds whose parts are about the value itself. */
const SAME_VALUE: ReadonlySet<SchemaNode["kind"]> = new Set<SchemaNode["kind"]>([
  "union",
  "intersection",
  "optional",
  "exactOptional",
  "nullable",
  "nonoptional",
  "readonly",
  "catch",
  "lazy",
  "brand",
  "default",
  "prefault",
  "pipe",
]);
