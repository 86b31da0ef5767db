/** A JSON Schema, draft 2020-12, as plain data. The keywords that codegen reads are declared; all others are allowed. */
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

/** The keyword by which the loader stores the ID of the zod schema that a JSON Schema was made from. The model removes it. */
export const SCHEMA_ID = "x-schema";

/**
 * Keywords for what JSON Schema cannot express: how a receiver converts a value before it checks it (`x-coerced`, `x-caught`), the
 * strings that `z.stringbool()` accepts (`x-words`), and the flags of a pattern (`x-flags`). The lock file contains them. Documents do not,
 * because validators reject keywords that they do not know.
 */
export const READING = { coerced: "x-coerced", caught: "x-caught", words: "x-words", flags: "x-flags" } as const;

/** The value of `x-words`: the strings that a `z.stringbool()` accepts. */
export interface BooleanWords {
  readonly true: readonly string[];
  readonly false: readonly string[];
  readonly caseSensitive: boolean;
}

/** Returns the schema for documents: without the keywords of `READING`, and without patterns that need flags. */
export function withoutReading(schema: JsonSchema): JsonSchema {
  const { [READING.coerced]: _, [READING.caught]: __, [READING.words]: ___, ...rest } = withoutFlagged(schema);
  return mapParts(rest, withoutReading);
}

/** Returns a schema without its pattern if that needs flags. Then the schema accepts more. */
export function withoutFlagged(schema: JsonSchema): JsonSchema {
  if (!(READING.flags in schema)) return schema;
  const { pattern: _, [READING.flags]: __, ...rest } = schema;
  return rest;
}

const DEFINITIONS = "#/$defs/";

/** Returns the `$ref` to a definition in the same document. */
export function refTo(name: string): string {
  return `${DEFINITIONS}${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Returns the name of the definition that a `$ref` points to. */
export function nameIn(ref: string): string {
  return ref.slice(DEFINITIONS.length).replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Keywords whose value is one schema, a list of schemas, or a dictionary of schemas. */
const ONE: readonly string[] = ["additionalProperties", "propertyNames", "items", "not"];
const LISTS: readonly string[] = ["anyOf", "oneOf", "allOf", "prefixItems"];
const DICTIONARIES: readonly string[] = ["properties", "patternProperties", "$defs"];

/** Returns a copy of the schema in which `each` has replaced every schema directly inside it. */
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

/** Returns the names of all definitions that a schema refers to, at any depth. */
export function referencesIn(schema: JsonSchema): readonly string[] {
  const found: string[] = [];
  mapReferences(schema, (name) => {
    found.push(name);
    return {};
  });
  return found;
}

/** Returns a copy of the schema in which the result of `each` replaces every `$ref`, at any depth. */
export function mapReferences(schema: JsonSchema, each: (name: string) => JsonSchema): JsonSchema {
  const { $ref, ...others } = mapParts(schema, (part) => mapReferences(part, each));
  return $ref === undefined ? others : { ...each(nameIn($ref)), ...others };
}
