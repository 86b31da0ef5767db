import type { CheckedSchema } from "../../src/typed/thin/check.js";
import { type JsonSchema, mapParts, nameIn, READING, withoutFlagged } from "../json-schema.js";
import type { Imports } from "./imports.js";
import { jsonText } from "./text.js";

/** The keywords that thin clients can check. */
const KNOWN: readonly string[] = Object.keys({
  $ref: 0,
  binary: 0,
  type: 0,
  const: 0,
  enum: 0,
  anyOf: 0,
  allOf: 0,
  properties: 0,
  required: 0,
  additionalProperties: 0,
  prefixItems: 0,
  items: 0,
  minItems: 0,
  maxItems: 0,
  minLength: 0,
  maxLength: 0,
  minimum: 0,
  maximum: 0,
  exclusiveMinimum: 0,
  exclusiveMaximum: 0,
  multipleOf: 0,
  pattern: 0,
} satisfies Record<keyof CheckedSchema, 0>);

/**
 * Returns the check of an event as an expression: its JSON Schema with the definitions that it refers to. Empty if there is no
 * check.
 */
export function checkText(
  schema: JsonSchema | undefined,
  definitions: Readonly<Record<string, JsonSchema>>,
  imports: Imports,
): string | undefined {
  if (!schema) return undefined;
  const needed: Record<string, JsonSchema> = {};
  const bare = (given: JsonSchema): JsonSchema => {
    const { [READING.coerced]: coerced, [READING.caught]: caught } = given;
    if (coerced || caught) return {}; // any value is accepted and converted
    const { oneOf, $ref, ...rest } = withoutFlagged(given);
    const isBinary = rest.contentEncoding === "base64" && rest.format === undefined;
    const name = $ref === undefined ? undefined : nameIn($ref);
    if (name !== undefined && !Object.hasOwn(needed, name)) {
      needed[name] = {}; // reserves the name, because the definition may refer to itself
      needed[name] = bare(definitions[name] ?? {});
    }
    const known = Object.entries(isBinary ? { binary: true } : rest).filter(([keyword]) => KNOWN.includes(keyword));
    const all = { ...Object.fromEntries(known), ...(oneOf && { anyOf: oneOf }) };
    return { ...(name !== undefined && { $ref: name }), ...mapParts(all, bare) };
  };
  const own = jsonText(bare(schema));
  const others = Object.keys(needed).length > 0 ? `, ${jsonText(needed)}` : "";
  return `${imports.value("checkedBy")}(${own}${others})`;
}
