import type { input, SomeType } from "zod/v4/core";
import type { ProcedureDefinition, Wire } from "./definition.js";

/** The part of a definition by its key; `undefined` where it has none. */
export type PartOf<Definition, Part> = Part extends keyof Definition ? Definition[Part] : undefined;

/** Nothing for each `wire` of a procedure that fits the schema of its part; what no value is, and the compiler shows, for others. */
export type CheckedWires<Definition> = {
  readonly [Part in keyof NonNullable<ProcedureDefinition<string>["wire"]>]?: CheckedWire<
    PartOf<NonNullable<PartOf<Definition, "wire">>, Part>,
    PartOf<Definition, Part>
  >;
};

/** As `CheckedWires`, for the one `wire` that is given for a schema. */
export type CheckedWire<Given, Schema> = [Given] extends [FittingWire<Schema> | undefined]
  ? unknown
  : SchemaNeeds<FittingWire<Schema>>;

/** Shows in the compiler's message which `wire` the schema can have. No value is one. */
interface SchemaNeeds<Fitting> {
  readonly wire: Fitting;
}

/**
 * The `wire` that the values of a schema can be laid out by, as `checkWire` decides it at run time: `args` for lists, `kwargs`
 * and the names of fields for objects, `arg0` for everything. Without a schema there is none.
 */
type FittingWire<Schema> = [Schema] extends [undefined]
  ? never
  : Schema extends SomeType
    ? WireOfValue<input<Schema>>
    : never;

/** By the value that travels, which is a schema's input. */
type WireOfValue<Value> = unknown extends Value
  ? Wire
  : [Value] extends [readonly unknown[]]
    ? "args" | "arg0"
    : [Value] extends [object]
      ? [Extract<Value, NoDictionary>] extends [never]
        ? "kwargs" | "arg0" | { readonly args: readonly FieldOf<Value>[]; readonly kwargs: "rest" }
        : "arg0"
      : "arg0";

/** Objects to TypeScript that are no dictionaries on the wire. */
type NoDictionary = readonly unknown[] | Date | Uint8Array | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>;

/** The names of fields, of all alternatives of a union. */
type FieldOf<Value> = Value extends unknown ? Extract<keyof Value, string> : never;
