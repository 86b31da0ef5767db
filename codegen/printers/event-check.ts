import type { CheckedSchema } from "../../src/typed/thin/check.js";
import { type JsonSchema, mapParts, nameIn, READING, withoutFlagged } from "../json-schema.js";
import type { Payload } from "../model/model.js";
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
  propertyNames: 0,
  not: 0,
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
  payload: Payload | undefined,
  definitions: Readonly<Record<string, JsonSchema>>,
  imports: Imports,
): string | undefined {
  if (!payload) return undefined;
  const { schema, optional } = payload;
  const needed: Record<string, JsonSchema> = {};
  const isCaught = ({ $ref, [READING.caught]: caught }: JsonSchema): boolean =>
    caught === true || ($ref !== undefined && isCaught(definitions[nameIn($ref)] ?? {}));
  const bare = (given: JsonSchema): JsonSchema => {
    const { [READING.coerced]: coerced, [READING.caught]: caught } = given;
    if (coerced || caught) return {}; // any value is accepted and converted
    const { oneOf, $ref, ...rest } = withoutMissing(withoutFlagged(given), isCaught);
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
  const others = Object.keys(needed).length > 0 || optional ? `, ${jsonText(needed)}` : "";
  return `${imports.value("checkedBy")}(${own}${others}${optional ? ", true" : ""})`;
}

/** Returns a schema that does not require properties and last items that a receiver replaces when they are missing. */
function withoutMissing(schema: JsonSchema, isCaught: (part: JsonSchema) => boolean): JsonSchema {
  const { required, properties = {}, minItems, prefixItems = [] } = schema;
  const lastRequired = prefixItems.slice(0, minItems).findLastIndex((item) => !isCaught(item));
  return {
    ...schema,
    ...(required && { required: required.filter((name) => !isCaught(properties[name] ?? {})) }),
    ...(minItems !== undefined && prefixItems.length > 0 && { minItems: lastRequired + 1 }),
  };
}
