import type { $ZodType } from "zod/v4/core";

/** As much of a schema's definition as walking it needs. */
export interface SchemaDef {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** Whether a value is a schema of zod 4. Read through `_zod`, since two copies of zod may meet in one program. */
export function isSchema(value: unknown): value is $ZodType {
  return typeof value === "object" && value !== null && "_zod" in value;
}

export function defOf(schema: $ZodType): SchemaDef {
  return schema._zod.def as unknown as SchemaDef;
}

/** The schema behind `readonly` and `lazy`, which do not change how a value travels (brands and refinements wrap nothing). */
export function seenThrough(schema: $ZodType): $ZodType {
  const { type, innerType, getter } = defOf(schema);
  if (type === "readonly") return seenThrough(innerType as $ZodType);
  if (type === "lazy") return seenThrough((getter as () => $ZodType)());
  return schema;
}
