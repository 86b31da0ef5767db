import type { $ZodType } from "zod/v4/core";

/** The part of a schema's definition that is needed to walk it. */
export interface SchemaDef {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** Returns whether a value is a zod 4 schema. It checks for `_zod`, since two copies of zod may be loaded. */
export function isSchema(value: unknown): value is $ZodType {
  return typeof value === "object" && value !== null && "_zod" in value;
}

export function defOf(schema: $ZodType): SchemaDef {
  return schema._zod.def as unknown as SchemaDef;
}

/**
 * Returns the schema inside `readonly` and `lazy`, which do not change the wire form. Brands and refinements are not
 * wrappers.
 */
export function seenThrough(schema: $ZodType): $ZodType {
  const { type, innerType, getter } = defOf(schema);
  if (type === "readonly") return seenThrough(innerType as $ZodType);
  if (type === "lazy") return seenThrough((getter as () => $ZodType)());
  return schema;
}
