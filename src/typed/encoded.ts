import { invalidInput } from "../contract/errors.js";
import type { Mapper } from "../contract/mapper.js";
import type { WireArguments } from "../contract/mapping.js";
import { whenReady } from "../contract/when-ready.js";

/** Converts a value to the wire. Throws `wamp.error.invalid_argument` for an invalid value. */
export function encoded(mapper: Mapper, value: unknown, what: string): WireArguments | Promise<WireArguments> {
  return whenReady(mapper.send(value), (mapped) => {
    if (mapped.ok) return mapped.value;
    throw invalidInput(what, mapped.issues, mapped.got);
  });
}
