import { type $ZodType, clone, globalRegistry, type output } from "zod/v4/core";

declare const BRAND: unique symbol;
declare const PLAIN: unique symbol;

/** A type that no other value of the same shape can be given for: an order's number is no customer's. */
export type Branded<T, Name extends string> = T & Brand<Name>;

/** What tells a branded type from others. No value has it. */
export interface Brand<Name extends string> {
  readonly [BRAND]: Name;
}

/** A schema whose results are branded. What it takes is not: whoever sends may give a plain value. */
export type BrandedSchema<Schema extends $ZodType, Name extends string> = Schema & {
  readonly _zod: { readonly output: Branded<output<Schema>, Name>; readonly [PLAIN]: Schema };
};

/** A schema that `branded()` made of another one. */
export interface OfPlain<Schema> {
  readonly _zod: { readonly [PLAIN]: Schema };
}

/** Where a schema's metadata names its brand, so that generated types can. */
export const BRAND_KEY = "x-brand";

/**
 * Brands what a schema gives. Unlike zod's `.brand()` it leaves a name behind that codegen prints: `Branded<string, "OrderId">`.
 *
 * ```ts
 * export const OrderId = branded("OrderId", z.string().regex(/^[0-9a-z_]+$/));
 * ```
 */
export function branded<const Name extends string, Schema extends $ZodType>(
  name: Name,
  schema: Schema,
): BrandedSchema<Schema, Name> {
  const copy = clone(schema);
  globalRegistry.add(copy, { [BRAND_KEY]: name });
  return copy as BrandedSchema<Schema, Name>;
}
