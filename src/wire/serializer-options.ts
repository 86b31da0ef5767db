import { MAX_DEPTH } from "./bounds.js";
import { misuse } from "./misuse.js";
import { checkSettings, type SettingRules } from "./settings.js";

/**
 * The largest allowed `maxDepth`. Up to this depth, recursion in serializer libraries and schemas does not overflow the
 * stack.
 */
export const MOST_DEPTH = 512;

/** Options of `json()`, `msgpack()` and `cbor()`. */
export interface SerializerOptions {
  /**
   * The maximum nesting of lists and dictionaries, from 1 to 512. `args` and `kwargs` are each level 1. Sending a deeper value
   * throws a `TypeError`. A request that arrives with a deeper payload is answered with `wamp.error.invalid_argument`. Other
   * implementations may stop at 128. Default: 128.
   */
  readonly maxDepth?: number;
}

const RULES: SettingRules<SerializerOptions> = {
  maxDepth: {
    expected: `an integer from 1 to ${MOST_DEPTH}`,
    accepts: isDepth,
  },
};

function isDepth(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_DEPTH;
}

/** Returns `maxDepth` from a serializer's options. Throws `TypeError` for an unknown option or a depth out of range. */
export function depthFrom(options: SerializerOptions, serializer: "cbor" | "json" | "msgpack"): number {
  checkSettings(options, RULES, serializer);
  const { maxDepth = MAX_DEPTH } = options;
  if (!isDepth(maxDepth)) throw misuse(`${serializer}.maxDepth`, false); // production bundles have no other check, and it bounds what a router sends
  return maxDepth;
}
