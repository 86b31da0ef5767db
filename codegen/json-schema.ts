/** A JSON Schema, draft 2020-12, as plain data. Only what is looked into has a name here. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: boolean | JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly format?: string;
  readonly pattern?: string;
  readonly [keyword: string]: unknown;
}

/** Where the loader tells which schema a JSON Schema was made of; the model takes it out again. */
export const SCHEMA_ID = "x-schema";

/**
 * What a receiver makes of a value before it is checked, which JSON Schema has no keyword for: `x-coerced`, `x-caught`, and the
 * words that `z.stringbool()` takes. The lock holds them; documents do not, since validators refuse keywords they do not know.
 */
export const READING = { coerced: "x-coerced", caught: "x-caught", words: "x-words" } as const;

/** The words of a `z.stringbool()`, as `x-words` holds them. */
export interface BooleanWords {
  readonly true: readonly string[];
  readonly false: readonly string[];
  readonly caseSensitive: boolean;
}

/** The schema as documents show it. */
export function withoutReading(schema: JsonSchema): JsonSchema {
  const { [READING.coerced]: _, [READING.caught]: __, [READING.words]: ___, ...rest } = schema;
  return mapParts(rest, withoutReading);
}

const DEFINITIONS = "#/$defs/";

/** The reference to a definition of the same document. */
export function refTo(name: string): string {
  return `${DEFINITIONS}${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The name of the definition that a reference leads to. */
export function nameIn(ref: string): string {
  return ref.slice(DEFINITIONS.length).replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Keywords that hold one schema, a list of them, or a dictionary. */
const ONE: readonly string[] = ["additionalProperties", "propertyNames", "items", "not"];
const LISTS: readonly string[] = ["anyOf", "oneOf", "allOf", "prefixItems"];
const DICTIONARIES: readonly string[] = ["properties", "patternProperties", "$defs"];

/** The schema with those directly inside it changed. */
export function mapParts(schema: JsonSchema, each: (part: JsonSchema) => JsonSchema): JsonSchema {
  const entries = Object.entries(schema).map(([keyword, value]): readonly [string, unknown] => {
    if (typeof value !== "object" || value === null) return [keyword, value];
    if (ONE.includes(keyword)) return [keyword, each(value as JsonSchema)];
    if (LISTS.includes(keyword)) return [keyword, (value as readonly JsonSchema[]).map(each)];
    if (!DICTIONARIES.includes(keyword)) return [keyword, value];
    const parts = Object.entries(value as Readonly<Record<string, JsonSchema>>);
    return [keyword, Object.fromEntries(parts.map(([name, part]) => [name, each(part)]))];
  });
  return Object.fromEntries(entries);
}

/** Names of the definitions that a schema refers to, itself or in its parts. */
export function referencesIn(schema: JsonSchema): readonly string[] {
  const found: string[] = [];
  mapReferences(schema, (name) => {
    found.push(name);
    return {};
  });
  return found;
}

/** The schema with other references: `each` gives what stands in the place of `{ $ref }`. */
export function mapReferences(schema: JsonSchema, each: (name: string) => JsonSchema): JsonSchema {
  const { $ref, ...others } = mapParts(schema, (part) => mapReferences(part, each));
  return $ref === undefined ? others : { ...each(nameIn($ref)), ...others };
}
