import type { $ZodType } from "zod/v4/core";
import type { Wire } from "./definition.js";
import { type Direction, fitsMapping, fromWire, toWire, type WireArguments, wireOf } from "./mapping.js";
import { createValidator, type Outcome, type Refused } from "./validate.js";
import type { ValidateMode } from "./validate-mode.js";
import { whenReady } from "./when-ready.js";

/** Arguments made of a value, or what is wrong with it. */
export type Mapped = { readonly ok: true; readonly value: WireArguments } | Refused;

/** One payload of a contract: between an application's value and the arguments on the wire, checked both ways. */
export interface Mapper {
  send(value: unknown): Mapped | Promise<Mapped>;
  receive(given: WireArguments): Outcome | Promise<Outcome>;
}

export interface MapperOptions {
  readonly direction: Direction;
  readonly wire: Wire | undefined;
  readonly validate: ValidateMode;
}

/** The mapper of a schema; without one, nothing is sent, and what is received is ignored. */
export function createMapper(schema: $ZodType | undefined, options: MapperOptions): Mapper {
  const mapping = wireOf(schema, options.direction, options.wire);
  const validator = createValidator(schema, options.validate);
  const mapped = (outcome: Outcome): Mapped => {
    if (!outcome.ok) return outcome;
    if (fitsMapping(mapping, outcome.value)) return { ok: true, value: toWire(mapping, outcome.value) };
    return {
      ok: false,
      issues: [{ path: [], code: "custom", message: `the wire needs ${mapping === "args" ? "a list" : "an object"}` }],
    };
  };
  return {
    send: (value) => whenReady(validator.send(value), mapped),
    receive: (given) => validator.receive(fromWire(mapping, given)),
  };
}
