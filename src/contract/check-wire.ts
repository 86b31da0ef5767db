import type { $ZodType } from "zod/v4/core";
import type { Wire } from "./definition.js";
import { defOf } from "./schema.js";

/** The container of a mapping: `kwargs` is a dictionary, `args` a list. */
type Container = "dictionary" | "list";

/** Schema types whose values all have the same container. */
const CONTAINERS: Readonly<Record<string, Container>> = {
  object: "dictionary",
  record: "dictionary",
  array: "list",
  tuple: "list",
};

/** Schema types whose values are unknown, or not known yet: a lazy schema may refer to a schema that is not declared yet. */
const OPEN: ReadonlySet<string> = new Set(["any", "unknown", "custom", "transform", "lazy"]);

/**
 * Throws `TypeError` if a `wire` does not fit its schema: `kwargs` needs dictionaries, `args` needs lists, and named arguments
 * need fields with these names. `path` is, for example, `procedure("com.app.add2").wire.input`.
 */
export function checkWire(path: string, wire: Wire, schema: $ZodType | undefined): void {
  if (!schema) throw new TypeError(`${path}: there is no schema to map; declare the schema or remove this option`);
  if (wire === "arg0") return;
  if (wire === "args" || wire === "kwargs") {
    const container = wire === "args" ? "list" : "dictionary";
    if (holds(schema, container)) return;
    const wanted = wire === "args" ? "a tuple or an array" : "an object or a record";
    throw new TypeError(`${path}: "${wire}" needs ${wanted}, and the schema is ${defOf(schema).type}; use "arg0"`);
  }
  if (!holds(schema, "dictionary")) {
    throw new TypeError(`${path}: named arguments need an object, and the schema is ${defOf(schema).type}`);
  }
  const repeated = wire.args.find((name, index) => wire.args.indexOf(name) !== index);
  if (repeated !== undefined) throw new TypeError(`${path}.args: "${repeated}" occurs twice`);
  const names = fieldsOf(schema);
  const unknown = names && wire.args.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${path}.args: the schema has no field "${unknown}"; it has ${names?.join(", ") || "none"}`);
  }
}

/** Schema types whose values may also be absent, which fits both containers. */
const EMPTY: ReadonlySet<string> = new Set(["optional", "nullable", "default", "prefault"]);

/** Returns whether every encoded value of a schema may have a container. */
function holds(schema: $ZodType, container: Container): boolean {
  const def = defOf(schema);
  if (EMPTY.has(def.type)) return false;
  const parts = partsOf(schema);
  if (parts) return parts.every((part) => holds(part, container));
  return OPEN.has(def.type) || CONTAINERS[def.type] === container;
}

/** Returns the possible keys of a schema's values; `undefined` if any key is possible. */
function fieldsOf(schema: $ZodType): readonly string[] | undefined {
  const { type, shape, catchall } = defOf(schema);
  if (type === "object") return catchall ? undefined : Object.keys(shape as object);
  const fields = partsOf(schema)?.map(fieldsOf) ?? [undefined];
  return fields.every((names) => names !== undefined) ? fields.flat() : undefined;
}

/** Returns the schemas of a composite schema: a value must match all or one of them. */
function partsOf(schema: $ZodType): readonly $ZodType[] | undefined {
  const { type, options, left, right, in: wireSide, innerType } = defOf(schema);
  if (type === "union") return options as readonly $ZodType[];
  if (type === "intersection") return [left as $ZodType, right as $ZodType];
  if (type === "pipe") return [wireSide as $ZodType];
  return innerType ? [innerType as $ZodType] : undefined;
}
