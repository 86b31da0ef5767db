import type { $ZodType } from "zod/v4/core";
import type { Wire } from "./definition.js";
import { seenThrough } from "./schema.js";

/** The direction a schema is used in: outputs and progress default to `args[0]`, which is what other WAMP clients unwrap. */
export type Direction = "input" | "output";

/** A value's two homes on the wire. */
export interface WireArguments {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** The mapping a schema gets: the contract's own choice, else by the kind of the schema. `empty` carries nothing. */
export type WireMapping = Wire | "empty";

const EMPTY: WireArguments = { args: [], kwargs: {} };

/**
 * The mapping of a schema. Inputs, chunks, events and error data: an object → `kwargs`, a tuple → `args`, void or
 * nothing → empty, anything else → `args[0]`. Outputs and progress → `args[0]`, void or nothing → empty.
 */
export function wireOf(schema: $ZodType | undefined, direction: Direction, override?: Wire): WireMapping {
  if (override !== undefined) return override;
  const kind = schema === undefined ? "void" : seenThrough(schema)._zod.def.type;
  if (kind === "void" || kind === "undefined") return "empty";
  if (direction === "output") return "arg0";
  return kind === "object" ? "kwargs" : kind === "tuple" ? "args" : "arg0";
}

/** Whether a value has the shape that its mapping needs: a list for `args`, a dictionary for `kwargs` and names. */
export function fitsMapping(mapping: WireMapping, value: unknown): boolean {
  if (mapping === "empty" || mapping === "arg0") return true;
  return typeof value === "object" && value !== null && Array.isArray(value) === (mapping === "args");
}

/** Lays an encoded value out as `args` and `kwargs`. Its shape fits the mapping. */
export function toWire(mapping: WireMapping, value: unknown): WireArguments {
  if (mapping === "empty") return EMPTY;
  if (mapping === "arg0") return value === undefined ? EMPTY : { args: [value], kwargs: {} };
  if (mapping === "args") return { args: value as readonly unknown[], kwargs: {} };
  if (mapping === "kwargs") return { args: [], kwargs: value as Readonly<Record<string, unknown>> };
  return split(value as Readonly<Record<string, unknown>>, mapping.args);
}

/** Gathers `args` and `kwargs` into the one value that a schema then checks. Never throws, whatever a peer sent. */
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

/** Positions end at the first name without a value, since a list has no gaps: the names behind it are keywords. */
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
