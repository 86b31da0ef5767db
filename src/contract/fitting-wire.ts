import type { input, SomeType } from "zod/v4/core";
import type { ProcedureDefinition, Wire } from "./definition.js";

/** The type of a definition's member; `undefined` if it is absent. */
export type PartOf<Definition, Part> = Part extends keyof Definition ? Definition[Part] : undefined;

/**
 * `unknown` for each `wire` of a procedure that fits its schema. Otherwise an impossible type that appears in the compiler's
 * message.
 */
export type CheckedWires<Definition> = {
  readonly [Part in keyof NonNullable<ProcedureDefinition<string>["wire"]>]?: CheckedWire<
    PartOf<NonNullable<PartOf<Definition, "wire">>, Part>,
    PartOf<Definition, Part>
  >;
};

/** Like `CheckedWires`, for a single `wire` and schema. */
export type CheckedWire<Given, Schema> = [Given] extends [FittingWire<Schema> | undefined]
  ? unknown
  : SchemaNeeds<FittingWire<Schema>>;

/** Shows the possible values of `wire` in the compiler's message. No value has this type. */
interface SchemaNeeds<Fitting> {
  readonly wire: Fitting;
}

/**
 * The `wire` values that fit a schema, with the rules of `checkWire`: `args` for lists, `kwargs` and field names for objects,
 * `arg0` for everything. `never` without a schema.
 */
type FittingWire<Schema> = [Schema] extends [undefined]
  ? never
  : Schema extends SomeType
    ? WireOfValue<input<Schema>>
    : never;

/** The `wire` values that fit an encoded value, which is the schema's input. */
type WireOfValue<Value> = unknown extends Value
  ? Wire
  : [Value] extends [readonly unknown[]]
    ? "args" | "arg0"
    : [Value] extends [object]
      ? [Extract<Value, NoDictionary>] extends [never]
        ? "kwargs" | "arg0" | { readonly args: readonly FieldOf<Value>[]; readonly kwargs: "rest" }
        : "arg0"
      : "arg0";

/** Types that are objects in TypeScript but not dictionaries on the wire. */
type NoDictionary = readonly unknown[] | Date | Uint8Array | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>;

/** The field names of all members of a union. */
type FieldOf<Value> = Value extends unknown ? Extract<keyof Value, string> : never;
