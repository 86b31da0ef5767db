import type { $ZodType } from "zod/v4/core";
import type { Wire } from "./definition.js";
import { seenThrough } from "./schema.js";

/** The direction of a schema. Outputs and progress default to `args[0]`, which other WAMP clients unwrap. */
export type Direction = "input" | "output";

/** The wire form of a value. */
export interface WireArguments {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** The mapping of a schema: `wire` of the contract, or the default for the schema's type. `empty` sends nothing. */
export type WireMapping = Wire | "empty";

const EMPTY: WireArguments = { args: [], kwargs: {} };

/**
 * Returns the mapping of a schema. For inputs, chunks, events and error data: an object → `kwargs`, a tuple → `args`, void or
 * no schema → empty, anything else → `args[0]`. For outputs and progress: void or no schema → empty, else → `args[0]`.
 */
export function wireOf(schema: $ZodType | undefined, direction: Direction, override?: Wire): WireMapping {
  if (override !== undefined) return override;
  const kind = schema === undefined ? "void" : seenThrough(schema)._zod.def.type;
  if (kind === "void" || kind === "undefined") return "empty";
  if (direction === "output") return "arg0";
  return kind === "object" ? "kwargs" : kind === "tuple" ? "args" : "arg0";
}

/** Returns whether a value has the shape of its mapping: a list for `args`, a dictionary for `kwargs` and names. */
export function fitsMapping(mapping: WireMapping, value: unknown): boolean {
  if (mapping === "empty" || mapping === "arg0") return true;
  return typeof value === "object" && value !== null && Array.isArray(value) === (mapping === "args");
}

/** Converts an encoded value to `args` and `kwargs`. Its shape must fit the mapping. */
export function toWire(mapping: WireMapping, value: unknown): WireArguments {
  if (mapping === "empty") return EMPTY;
  if (mapping === "arg0") return value === undefined ? EMPTY : { args: [value], kwargs: {} };
  if (mapping === "args") return { args: value as readonly unknown[], kwargs: {} };
  if (mapping === "kwargs") return { args: [], kwargs: value as Readonly<Record<string, unknown>> };
  return split(value as Readonly<Record<string, unknown>>, mapping.args);
}

/** Combines `args` and `kwargs` into one value, which a schema then checks. It never throws. */
export function fromWire(mapping: WireMapping, { args, kwargs }: WireArguments): unknown {
  if (mapping === "empty") return undefined;
  if (mapping === "arg0") return args[0];
  if (mapping === "args") return args;
  if (mapping === "kwargs") return kwargs;
  const value: Record<string, unknown> = { ...kwargs };
  mapping.args.forEach((name, index) => {
    if (index < args.length) value[name] = args[index];
  });
  return value;
}

/** Positional arguments end at the first name without value, because a list has no gaps. The remaining names become keywords. */
function split(value: Readonly<Record<string, unknown>>, names: readonly string[]): WireArguments {
  const kwargs: Record<string, unknown> = { ...value };
  const args: unknown[] = [];
  for (const name of names) {
    if (value[name] === undefined) break;
    args.push(value[name]);
    delete kwargs[name];
  }
  return { args, kwargs };
}
