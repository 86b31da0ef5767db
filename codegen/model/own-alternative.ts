import type { SchemaId, SchemaNode } from "../loader/description.js";
import { partsOf } from "./parts.js";
import { nodeOf } from "./resolve.js";

/**
 * Returns whether a schema contains itself before any part of its values. Checking such a schema would never end, and it has no
 * type.
 */
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

/** Kinds whose parts apply to the value itself. */
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
