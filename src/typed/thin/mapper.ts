import { DEVELOPMENT } from "#development";
import type { Mapper } from "../../contract/mapper.js";
import { fitsMapping, fromWire, toWire, type WireMapping } from "../../contract/mapping.js";
import type { Outcome, Refused } from "../../contract/validate.js";
import { messageOf } from "../../wire/error.js";
import type { Issue } from "../../wire/issue.js";
import { type ThinCodec, Unfit } from "./codec.js";

/** A check of a received value before its conversion. */
export type Check = (value: unknown) => readonly Issue[];

/** The wire form of a payload: its mapping, and its codec if it has one. Omitted: there is no payload. */
export type ThinPayload = WireMapping | readonly [wire: WireMapping, codec?: ThinCodec | undefined, check?: Check];

/** Creates the mapper of a payload. It only converts, and runs `check` if given. */
export function thinMapper(payload: ThinPayload = "empty"): Mapper {
  const [wire, codec, check] = Array.isArray(payload)
    ? (payload as Exclude<ThinPayload, WireMapping>)
    : [payload as WireMapping];
  return {
    send(value) {
      const made = converted(codec, "send", value);
      if (!made.ok) return made;
      if (fitsMapping(wire, made.value)) return { ok: true, value: toWire(wire, made.value) };
      return refused(DEVELOPMENT ? `expected ${wire === "args" ? "a list" : "an object"}` : "not valid");
    },
    receive(given) {
      const value = fromWire(wire, given);
      try {
        const issues = check?.(value) ?? [];
        if (issues.length > 0) return { ok: false, issues };
      } catch (error) {
        return unfit(error);
      }
      return converted(codec, "receive", value);
    },
  };
}

/** Converts a value, unless it does not fit. Without a codec, the value stays as it is. */
export function converted(codec: ThinCodec | null | undefined, way: keyof ThinCodec, value: unknown): Outcome {
  try {
    return { ok: true, value: codec ? codec[way](value) : value };
  } catch (error) {
    return unfit(error);
  }
}

/** Returns the refusal of a value that a codec could not convert because it does not match the contract. */
function unfit(error: unknown): Refused {
  if (!(error instanceof Unfit)) return refused(messageOf(error));
  const { path, expected, message } = error;
  const issue = expected === undefined ? { code: "custom" } : { code: "invalid_type", expected };
  return { ok: false, issues: [{ path, ...issue, message }] };
}

function refused(message: string): Refused {
  return { ok: false, issues: [{ path: [], code: "custom", message }] };
}
