import { type JsonSchema, nameIn } from "./json-schema.js";
import type { Payload } from "./model/model.js";

/** Schemas by name, to which `$ref`s point. */
export type Definitions = Readonly<Record<string, JsonSchema>>;

/**
 * Returns whether a payload accepts an empty list or dictionary of its mapping, as a message without them is read. False where that is
 * not certain.
 */
export function acceptsEmpty({ wire, schema }: Payload, definitions: Definitions): boolean {
  if (wire === "arg0" || wire === "empty") return false;
  return accepts(schema, { value: wire === "args" ? "array" : "object", definitions, entered: new Set() });
}

interface Question {
  /** The type of the empty value. */
  readonly value: "array" | "object";
  readonly definitions: Definitions;
  /** The `$ref`s that led here, for recursive schemas. */
  readonly entered: ReadonlySet<string>;
}

/** A schema without a type, such as that of a record with keywords of its own, is no certainty. */
function accepts(schema: JsonSchema, question: Question): boolean {
  const { $ref, type, anyOf, oneOf, allOf, required = [], minItems = 0, minProperties = 0, not } = schema;
  if ($ref !== undefined) return acceptsReferred($ref, question);
  if (not || required.length > 0 || minItems > 0 || minProperties !== 0 || "const" in schema || "enum" in schema)
    return false;
  const parts = [anyOf, oneOf].filter((part) => part !== undefined);
  if (type !== undefined && type !== question.value) return false;
  if (type === undefined && parts.length === 0 && !allOf) return false;
  const acceptsPart = (part: JsonSchema) => accepts(part, question);
  return parts.every((part) => part.some(acceptsPart)) && (allOf ?? []).every(acceptsPart);
}

function acceptsReferred(ref: string, { entered, ...question }: Question): boolean {
  const target = entered.has(ref) ? undefined : question.definitions[nameIn(ref)];
  return target !== undefined && accepts(target, { ...question, entered: new Set([...entered, ref]) });
}
