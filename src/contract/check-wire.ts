import type { $ZodType } from "zod/v4/core";
import type { Wire } from "./definition.js";
import { defOf } from "./schema.js";

/** `kwargs` is a dictionary, `args` a list. */
type Container = "dictionary" | "list";

/** Kinds whose values are of one container. */
const CONTAINERS: Readonly<Record<string, Container>> = {
  object: "dictionary",
  record: "dictionary",
  array: "list",
  tuple: "list",
};

/** Kinds that say nothing of their values, or not yet: what a lazy schema refers to may not be declared at this point. */
const OPEN: ReadonlySet<string> = new Set(["any", "unknown", "custom", "transform", "lazy"]);

/**
 * Throws `TypeError` for a `wire` that the values of its schema cannot be laid out by: `kwargs` needs dictionaries, `args`
 * needs lists, and named arguments need fields of these names. `path` is such as `procedure("com.app.add2").wire.input`.
 */
export function checkWire(path: string, wire: Wire, schema: $ZodType | undefined): void {
  if (!schema)
    throw new TypeError(`${path}: there is no schema that it could apply to; remove it or declare the schema`);
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

/** Kinds whose values may also be nothing, which is neither container. */
const EMPTY: ReadonlySet<string> = new Set(["optional", "nullable", "default", "prefault"]);

/** Whether every value of a schema, as it travels, may be of a container. */
function holds(schema: $ZodType, container: Container): boolean {
  const def = defOf(schema);
  if (EMPTY.has(def.type)) return false;
  const parts = partsOf(schema);
  if (parts) return parts.every((part) => holds(part, container));
  return OPEN.has(def.type) || CONTAINERS[def.type] === container;
}

/** The names that values of a schema may have as keys; `undefined` where any name may be one. */
function fieldsOf(schema: $ZodType): readonly string[] | undefined {
  const { type, shape, catchall } = defOf(schema);
  if (type === "object") return catchall ? undefined : Object.keys(shape as object);
  const fields = partsOf(schema)?.map(fieldsOf) ?? [undefined];
  return fields.every((names) => names !== undefined) ? fields.flat() : undefined;
}

/** The schemas that a value must fit, all or one of them, for a schema that is made of others. */
function partsOf(schema: $ZodType): readonly $ZodType[] | undefined {
  const { type, options, left, right, in: wireSide, innerType } = defOf(schema);
  if (type === "union") return options as readonly $ZodType[];
  if (type === "intersection") return [left as $ZodType, right as $ZodType];
  if (type === "pipe") return [wireSide as $ZodType];
  return innerType ? [innerType as $ZodType] : undefined;
}
