import { type $ZodType, toJSONSchema } from "zod/v4/core";
import { type JsonSchema, READING, SCHEMA_ID } from "../json-schema.js";
import { booleanWords } from "./boolean-words.js";
import type { SchemaDescriber } from "./describe-schema.js";
import { metadataOf } from "./metadata.js";
import { completePatterns } from "./patterns.js";

/**
 * Returns the JSON Schema of a schema's values on the wire, before a receiver's defaults and codecs. Each schema in it is tagged
 * with its ID. Returns nothing for a kind that has no JSON Schema. The model refuses such a kind with its path.
 */
export function payloadSchema(schema: $ZodType, schemas: SchemaDescriber): JsonSchema | undefined {
  try {
    return toJSONSchema(schema, {
      io: "input",
      unrepresentable: "any",
      metadata: { get: wordsOf } as never, // zod would move a schema that has an ID; the model decides where it goes
      override: ({ zodSchema, jsonSchema }) => complete(zodSchema, { json: jsonSchema, schemas }),
    }) as JsonSchema;
  } catch (error) {
    if (error instanceof RangeError) throw error; // copies of copies exhausted the stack
    return undefined;
  }
}

function complete(
  schema: $ZodType,
  { json, schemas }: { readonly json: Record<string, unknown>; readonly schemas: SchemaDescriber },
): void {
  const id = schemas.idOf(schema);
  const node = id === undefined ? undefined : schemas.nodes[id];
  if (!node) return; // the original of a copied schema
  json[SCHEMA_ID] = id;
  if ((node.kind === "default" || node.kind === "prefault") && node.value === undefined) delete json.default; // computed
  completePatterns(schema, json);
  const words = node.kind === "codec" ? booleanWords(schema) : undefined;
  if (words) json[READING.words] = words;
  if (node.kind === "coerced") json[READING.coerced] = true;
  if (node.kind === "catch") json[READING.caught] = true;
  if (node.kind === "instance" && node.className === "Uint8Array") {
    Object.assign(json, { type: "string", contentEncoding: "base64" });
  }
  if (node.kind === "tuple" && node.items.length === 0) delete json.prefixItems; // must not be empty
  if (node.kind === "intersection") joinClosed(json.allOf as Record<string, unknown>[]);
}

/**
 * Removes the tags of closed objects in an intersection. Zod then merges the objects, which would otherwise refuse each other's
 * keys.
 */
function joinClosed(parts: readonly Record<string, unknown>[]): void {
  if (parts.some(({ additionalProperties }) => additionalProperties === false)) {
    for (const part of parts) delete part[SCHEMA_ID];
  }
}

function wordsOf(schema: $ZodType): Readonly<Record<string, unknown>> {
  const { title, description, examples, deprecated } = metadataOf(schema);
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(examples !== undefined && { examples: examples.map((text) => JSON.parse(text) as unknown) }),
    ...(deprecated !== undefined && { deprecated: true }),
  };
}
