import { type JsonSchema, mapParts, READING, refTo, SCHEMA_ID } from "../json-schema.js";
import type { Description, SchemaId } from "../loader/description.js";
import type { NameTable } from "./names.js";
import { nodeOf } from "./resolve.js";

/** Keywords that annotate a schema. A schema that wraps a definition may have its own; they are written next to the `$ref`. */
const WORDS: readonly string[] = [
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  READING.coerced,
  READING.caught,
  READING.words,
];

/**
 * Collects the JSON Schemas of a contract. A schema whose TypeScript type has a name becomes a definition of that name, and other
 * schemas refer to it.
 */
export class PayloadBook {
  readonly #description: Pick<Description, "schemas" | "payloads">;
  readonly #names: ReadonlyMap<SchemaId, string>;
  readonly #table: NameTable;
  readonly #definitions = new Map<string, JsonSchema | undefined>();
  readonly #unnamed = new Map<JsonSchema, string>(); // recursive schemas without a type name → definition

  constructor(
    description: Pick<Description, "schemas" | "payloads">,
    { names, table }: { readonly names: ReadonlyMap<SchemaId, string>; readonly table: NameTable },
  ) {
    this.#description = description;
    this.#names = names;
    this.#table = table;
  }

  /** Returns the JSON Schema of the values that travel. It refers to `definitions`. */
  schemaOf(id: SchemaId): JsonSchema {
    const payload = this.#description.payloads[id];
    if (!payload) throw new Error(`schema ${id} has no JSON Schema, and was not refused`);
    const { $schema: _, $defs: __, ...root } = payload;
    return this.#rewrite(root, { root, definitions: payload.$defs ?? {} });
  }

  /** All definitions that `schemaOf` has referred to so far, sorted by name. */
  get definitions(): Readonly<Record<string, JsonSchema>> {
    const entries = [...this.#definitions].flatMap(([name, schema]) => (schema ? [[name, schema] as const] : []));
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #rewrite(json: JsonSchema, source: Source): JsonSchema {
    if (json.$ref !== undefined) {
      const { $ref, [SCHEMA_ID]: _, ...words } = json;
      const target = $ref === "#" ? source.root : source.definitions[$ref.replace("#/$defs/", "")];
      if (!target) throw new Error(`${$ref} is in none of the definitions`);
      const reference = this.#rewrite(target, source);
      return reference.$ref === undefined
        ? { $ref: this.#define(target, source), ...words }
        : { ...reference, ...words };
    }
    const id = json[SCHEMA_ID] as SchemaId | undefined;
    const named = id === undefined ? undefined : this.#namedBehind(id);
    if (named === undefined) return this.#partsOf(json, source);
    const words = wordsOf(json);
    const own = nodeOf(this.#description.schemas, named).meta;
    if (!this.#definitions.has(this.#nameOf(named))) {
      this.#definitions.set(this.#nameOf(named), undefined); // reserves the name, because the parts may refer to it
      const bare = id === named ? json : { ...withoutWords(json), ...pick(own, ["title", "description"]) };
      this.#definitions.set(this.#nameOf(named), this.#partsOf(bare, source));
    }
    const other = Object.entries(words).filter(
      ([word, value]) => id !== named && JSON.stringify(value) !== JSON.stringify(own[word as "title"]),
    );
    return { $ref: refTo(this.#nameOf(named)), ...Object.fromEntries(other) };
  }

  #partsOf({ [SCHEMA_ID]: _, ...json }: JsonSchema, source: Source): JsonSchema {
    return mapParts(json, (part) => this.#rewrite(part, source));
  }

  /** Adds a definition for a recursive schema that has no type name, and returns the `$ref` to it. */
  #define(target: JsonSchema, source: Source): string {
    const known = this.#unnamed.get(target);
    if (known !== undefined) return refTo(known);
    const name = this.#table.claimFree("Recursive");
    this.#unnamed.set(target, name);
    this.#definitions.set(name, this.#partsOf(target, source));
    return refTo(name);
  }

  #nameOf(id: SchemaId): string {
    return this.#names.get(id) ?? "";
  }

  /** Returns the named schema: this one, or the one it wraps if both have the same form on the wire. */
  #namedBehind(id: SchemaId): SchemaId | undefined {
    if (this.#names.has(id)) return id;
    const node = nodeOf(this.#description.schemas, id);
    switch (node.kind) {
      case "optional":
      case "exactOptional":
      case "nonoptional":
      case "readonly":
      case "brand":
      case "lazy":
      case "default":
      case "prefault":
      case "catch":
        return this.#namedBehind(node.inner);
      case "codec":
      case "pipe":
        return this.#namedBehind(node.in);
      default:
        return undefined;
    }
  }
}

/** The document that the references of a JSON Schema are resolved in. */
interface Source {
  readonly root: JsonSchema;
  readonly definitions: Readonly<Record<string, JsonSchema>>;
}

function wordsOf(json: JsonSchema): JsonSchema {
  return pick(json, WORDS);
}

function withoutWords(json: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(json).filter(([keyword]) => !WORDS.includes(keyword)));
}

function pick(from: object, keys: readonly string[]): JsonSchema {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));
}
