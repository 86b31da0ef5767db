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

/** Lays an encoded value out as `args` and `kwargs`. A schema has checked the value before: its shape fits the mapping. */
export function toWire(mapping: WireMapping, value: unknown): WireArguments {
  if (mapping === "empty") return EMPTY;
  if (mapping === "arg0") return value === undefined ? EMPTY : { args: [value], kwargs: {} };
  if (mapping === "args") return { args: value as readonly unknown[], kwargs: {} };
  if (mapping === "kwargs") return { args: [], kwargs: (value ?? {}) as Readonly<Record<string, unknown>> };
  const { rest, taken } = split(value as Readonly<Record<string, unknown>>, mapping.args);
  while (taken.length > 0 && taken.at(-1) === undefined) taken.pop();
  return { args: taken, kwargs: rest };
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

function split(value: Readonly<Record<string, unknown>>, names: readonly string[]) {
  const rest: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) if (!names.includes(key)) rest[key] = member;
  return { rest, taken: names.map((name) => value[name]) };
}
