import type { $ZodType, $ZodTypes } from "zod/v4/core";
import { isSchema } from "../../src/contract/schema.js";
import type { Keyword, LiteralValue, Metadata, SchemaId, SchemaNode, SchemaShape, TupleItem } from "./description.js";
import { discriminatorFault } from "./discriminator-fault.js";
import { defaultText, metadataOf } from "./metadata.js";
import { DEEPEST, noSchema, SchemaFault, TOO_DEEP } from "./schema-fault.js";

/** Turns schemas into plain data, each once. It reads only `_zod.def`, because the contract may use another copy of zod. */
export class SchemaDescriber {
  readonly #ids = new Map<$ZodType, SchemaId>();
  readonly #lazy = new Map<() => $ZodType, $ZodType>(); // getter → its first result
  readonly #nodes: SchemaNode[] = [];
  readonly #levels: number[] = []; // ID → number of levels below the schema
  readonly #way: string[] = []; // path to the schema that is being walked
  #below = 0; // the deepest part of the schema being walked, counted from that schema

  /** The schemas found so far, by ID. */
  get nodes(): readonly SchemaNode[] {
    return this.#nodes;
  }

  /** Returns the ID of a schema that was added. */
  idOf(schema: $ZodType): SchemaId | undefined {
    return this.#ids.get(schema);
  }

  /**
   * Returns the ID of a schema, and walks it if it is new. Throws `SchemaFault` for a value that is no schema or is nested too
   * deeply.
   */
  add(schema: $ZodType, step = ""): SchemaId {
    this.#way.push(step);
    try {
      const id = this.#ids.get(schema) ?? this.#walk(schema);
      const levels = 1 + (this.#levels[id] ?? 0);
      if (this.#way.length + levels > DEEPEST) throw new SchemaFault(TOO_DEEP, this.#way[0] ?? "");
      this.#below = Math.max(this.#below, levels);
      return id;
    } finally {
      this.#way.pop();
    }
  }

  #walk(schema: $ZodType): SchemaId {
    if (!isSchema(schema)) throw new SchemaFault(noSchema(schema), this.#way.join(""));
    if (this.#way.length > DEEPEST) throw new SchemaFault(TOO_DEEP, this.#way[0] ?? "");
    const id = this.#nodes.length;
    this.#ids.set(schema, id);
    this.#nodes.push({ kind: "other", type: "unfinished", meta: {} }); // reserves the place while its parts are walked
    const outer = this.#below;
    this.#below = 0;
    try {
      const meta = metadataOf(schema);
      this.#nodes[id] = { ...(this.#copied(schema, meta) ?? this.#shape(schema)), meta };
      this.#levels[id] = this.#below;
      return id;
    } catch (error) {
      this.#ids.delete(schema); // so that every member with this schema reports the fault
      throw error;
    } finally {
      this.#below = outer;
    }
  }

  /** Returns the shape of a copy: a schema of the same type as an earlier one, with a brand, other metadata or other checks. */
  #copied(schema: $ZodType, { id, brand }: Metadata): SchemaShape | undefined {
    for (let origin = schema._zod.parent; origin && hasSameType(schema, origin); origin = origin._zod.parent) {
      // A copy inherits its brand. Reading inherited metadata takes time proportional to the number of copies.
      if (brand !== undefined && brand !== metadataOf(origin).brand)
        return { kind: "brand", inner: this.add(origin), name: brand ?? "" };
      const known = this.#ids.get(origin);
      if (known !== undefined && id === undefined) return { kind: "lazy", inner: known };
    }
    return undefined;
  }

  #shape(schema: $ZodType): SchemaShape {
    const { def } = (schema as $ZodTypes)._zod; // discriminated by `def.type`, as in zod's own walkers
    switch (def.type) {
      case "string":
      case "number":
      case "boolean":
        return { kind: def.coerce ? "coerced" : "keyword", keyword: def.type };
      case "bigint":
      case "null":
      case "undefined":
      case "void":
      case "never":
      case "unknown":
        return keyword(def.type);
      case "date":
        return keyword("Date");
      case "literal":
        return def.values.some((value) => typeof value === "number" && !Number.isFinite(value))
          ? { kind: "other", type: "nan" }
          : { kind: "literal", values: def.values.map(literalValue) };
      case "enum":
        return isNumericEnum(def.entries)
          ? { kind: "other", type: "enum" }
          : { kind: "literal", values: Object.values(def.entries) };
      case "template_literal":
        return {
          kind: "template",
          parts: def.parts.map((part) =>
            typeof part === "object" && part !== null
              ? this.add(part)
              : { text: part === undefined ? "" : String(part) },
          ),
        };
      case "object": {
        const properties = Object.entries(def.shape).map(([name, part]) => ({
          name,
          schema: this.add(part, `.${name}`),
        }));
        const rest = def.catchall && def.catchall._zod.def.type !== "never" ? this.add(def.catchall, ".*") : undefined;
        return { kind: "object", properties, ...(rest !== undefined && { rest }) };
      }
      case "array":
        return { kind: "array", element: this.add(def.element, "[]") };
      case "tuple":
        return {
          kind: "tuple",
          items: def.items.map((item, index): TupleItem => {
            return { schema: this.add(item, `[${index}]`), required: item._zod.optin === undefined };
          }),
          ...(def.rest && { rest: this.add(def.rest, "[…]") }),
        };
      case "record":
        return {
          kind: def.partial ? "partialRecord" : "record",
          key: this.add(def.keyType, ".(key)"),
          value: this.add(def.valueType, ".*"),
        };
      case "union": {
        const { discriminator } = def as { discriminator?: string };
        const fault = discriminator === undefined ? undefined : discriminatorFault(schema, discriminator);
        if (fault !== undefined) throw new SchemaFault(fault, this.#way.join(""));
        const options = def.options.map((option) => this.add(option));
        return { kind: "union", options, ...(discriminator !== undefined && { discriminator }) };
      }
      case "intersection":
        return { kind: "intersection", left: this.add(def.left), right: this.add(def.right) };
      case "optional":
        return {
          kind: schema._zod.traits.has("$ZodExactOptional") ? "exactOptional" : "optional",
          inner: this.add(def.innerType),
        };
      case "nullable":
      case "nonoptional":
      case "readonly":
      case "catch":
        return { kind: def.type, inner: this.add(def.innerType) };
      case "lazy":
        return { kind: "lazy", inner: this.#addLazy(def.getter) };
      case "default":
      case "prefault": {
        const value = defaultText(() => def.defaultValue);
        return { kind: def.type, inner: this.add(def.innerType), ...(value !== undefined && { value }) };
      }
      case "pipe":
        if (def.in._zod.def.type === "transform") return { kind: "preprocess", out: this.add(def.out) };
        return {
          kind: "reverseTransform" in def ? "codec" : "pipe",
          in: this.add(def.in),
          out: this.add(def.out),
        };
      case "transform":
        return { kind: "transform" };
      case "map":
        return { kind: "map", key: this.add(def.keyType, ".(key)"), value: this.add(def.valueType, ".*") };
      case "set":
        return { kind: "set", value: this.add(def.valueType, "[]") };
      case "custom": {
        const { Class } = schema._zod.bag as { Class?: { name: string } };
        return Class ? { kind: "instance", className: Class.name } : { kind: "other", type: "custom" };
      }
      default:
        return { kind: "other", type: def.type };
    }
  }

  #addLazy(getter: () => $ZodType): SchemaId {
    const inner = this.#lazy.get(getter) ?? getter();
    this.#lazy.set(getter, inner);
    return this.add(inner);
  }
}

/** Returns whether two definitions differ only in their checks. */
function hasSameType(schema: $ZodType, origin: $ZodType): boolean {
  const [a, b] = [schema, origin].map(({ _zod }) => Object.entries({ ..._zod.def, checks: undefined }));
  return (
    a === undefined || b === undefined || isSameIn(a, b, (one, other) => one === other || hasSameMembers(one, other))
  );
}

/** Compares by members, because `.refine()` of an object copies its shape. */
function hasSameMembers(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || "_zod" in a) return false;
  return isSameIn(Object.entries(a), Object.entries(b), (one, other) => one === other);
}

function isSameIn(
  a: readonly (readonly [string, unknown])[],
  b: readonly (readonly [string, unknown])[],
  isSame: (one: unknown, other: unknown) => boolean,
): boolean {
  return (
    a.length === b.length && a.every(([name, value], index) => b[index]?.[0] === name && isSame(value, b[index][1]))
  );
}

function keyword(name: Keyword): SchemaShape {
  return { kind: "keyword", keyword: name };
}

function literalValue(value: string | number | bigint | boolean | null | undefined): LiteralValue {
  if (value === undefined) return { undefined: true };
  return typeof value === "bigint" ? { bigint: String(value) } : value;
}

/** Returns whether a TypeScript `enum` has numbers. It then also maps them back to their names. */
function isNumericEnum(entries: Readonly<Record<string, string | number>>): boolean {
  return Object.values(entries).some((value) => typeof value === "number" && typeof entries[value] === "string");
}
