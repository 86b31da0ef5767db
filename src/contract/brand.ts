import { type $ZodType, clone, globalRegistry, type output } from "zod/v4/core";

declare const BRAND: unique symbol;
declare const PLAIN: unique symbol;

/** A type that is not assignable from other values of the same shape: an order ID is not a customer ID. */
export type Branded<T, Name extends string> = T & Brand<Name>;

/** The type-level mark of a branded type. No value has this member at run time. */
export interface Brand<Name extends string> {
  readonly [BRAND]: Name;
}

/** A schema whose output is branded. Its input is not, so senders may pass a plain value. */
export type BrandedSchema<Schema extends $ZodType, Name extends string> = Schema & {
  readonly _zod: { readonly output: Branded<output<Schema>, Name>; readonly [PLAIN]: Schema };
};

/** A schema that `branded()` created from another one. */
export interface OfPlain<Schema> {
  readonly _zod: { readonly [PLAIN]: Schema };
}

/** The key of a schema's metadata that holds the brand's name, for generated types. */
export const BRAND_KEY = "x-brand";

/**
 * Brands the output of a schema. Unlike zod's `.brand()`, it records a name that codegen prints: `Branded<string, "OrderId">`.
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
