import type { SchemaId, SchemaNode } from "../loader/description.js";
import type { Doc } from "./type.js";

/**
 * Returns the content of a schema's comment. `.describe()` does not survive `.optional()` and similar methods, so the wrapped
 * schema is read as well. The outermost value of each field counts.
 */
export function docOf(schemas: readonly SchemaNode[], id: SchemaId): Doc {
  const chain = wrappedBy(schemas, id, new Set());
  const first = <T>(read: (node: SchemaNode) => T | undefined): T | undefined => {
    for (const node of chain) {
      const found = read(node);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const description = first(descriptionOf);
  const value = first((node) => ("value" in node && typeof node.value === "string" ? node.value : undefined));
  const examples = first(({ meta }) => meta.examples);
  const deprecated = first(({ meta }) => meta.deprecated);
  return {
    ...(description !== undefined && { description }),
    ...(value !== undefined && { default: value }),
    ...(examples !== undefined && { examples }),
    ...(deprecated !== undefined && { deprecated }),
  };
}

/** Returns the schema's own metadata, for the comment of its declaration. */
export function ownDoc({ meta }: SchemaNode): Doc {
  const description = descriptionOf({ meta });
  return {
    ...(description !== undefined && { description }),
    ...(meta.examples && { examples: meta.examples }),
    ...(meta.deprecated !== undefined && { deprecated: meta.deprecated }),
  };
}

function descriptionOf({ meta }: Pick<SchemaNode, "meta">): string | undefined {
  const parts = [meta.title, meta.description].filter((part) => part !== undefined && part !== "");
  return parts.length > 0 ? parts.join("\n\n") : undefined;
}

/** Returns the schema and the schemas that it wraps, from the outside in. */
function wrappedBy(
  schemas: readonly SchemaNode[],
  id: SchemaId,
  entered: ReadonlySet<SchemaId>,
): readonly SchemaNode[] {
  const node = schemas[id];
  if (!node || entered.has(id)) return [];
  const inner = "inner" in node ? node.inner : "out" in node ? node.out : undefined;
  return inner === undefined ? [node] : [node, ...wrappedBy(schemas, inner, new Set([...entered, id]))];
}
