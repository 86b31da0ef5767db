import type { $ZodType } from "zod/v4/core";
import type { Wire } from "./definition.js";
import { type Direction, fitsMapping, fromWire, toWire, type WireArguments, wireOf } from "./mapping.js";
import { createValidator, type Outcome, type Refused } from "./validate.js";
import type { ValidateMode } from "./validate-mode.js";
import { whenReady } from "./when-ready.js";

/** The arguments for a value, or the reason why it is invalid. */
export type Mapped = { readonly ok: true; readonly value: WireArguments } | Refused;

/** Converts one payload of a contract between its application value and its wire arguments, and validates it. */
export interface Mapper {
  send(value: unknown): Mapped | Promise<Mapped>;
  receive(given: WireArguments): Outcome | Promise<Outcome>;
}

export interface MapperOptions {
  readonly direction: Direction;
  readonly wire: Wire | undefined;
  readonly validate: ValidateMode;
}

/** Creates the mapper of a schema. Without a schema, it sends nothing and ignores what it receives. */
export function createMapper(schema: $ZodType | undefined, options: MapperOptions): Mapper {
  const mapping = wireOf(schema, options.direction, options.wire);
  const validator = createValidator(schema, options.validate);
  const mapped = (outcome: Outcome): Mapped => {
    if (!outcome.ok) return outcome;
    if (fitsMapping(mapping, outcome.value)) return { ok: true, value: toWire(mapping, outcome.value) };
    return {
      ok: false,
      issues: [
        { path: [], code: "custom", message: `expected ${mapping === "args" ? "a list" : "an object"} on the wire` },
      ],
    };
  };
  return {
    send: (value) => whenReady(validator.send(value), mapped),
    receive: (given) => validator.receive(fromWire(mapping, given)),
  };
}
