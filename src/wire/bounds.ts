import { ProtocolViolation } from "./error.js";
import { misuse } from "./misuse.js";
import { checkSettings, type SettingRules } from "./settings.js";

/**
 * The default of `maxDepth`: the maximum nesting of lists and dictionaries in a message. `args`, `kwargs` and an options or
 * details dictionary are each level 1, and each list or dictionary inside adds one. The message's own list, binary values
 * and CBOR tags do not count.
 */
export const MAX_DEPTH = 128;
/**
 * The largest allowed `maxDepth`. Up to this depth, recursion in serializer libraries and schemas does not overflow the
 * stack.
 */
export const MOST_DEPTH = 512;

/** The maximum number of keys in one options or details dictionary. A nested dictionary is counted separately. */
export const MAX_KEYS = 256;
/** The maximum number of keys in the options or details of a message, including nested dictionaries. */
export const MAX_HEAD_KEYS = 1_024;
/**
 * The maximum number of values in the options or details of a message, including members of nested lists and dictionaries.
 * A PUBLISH that lists 100,000 receivers stays below it.
 */
export const MAX_HEAD_VALUES = 131_072;
/** The maximum size of the options or details of a message, in bytes. Unlike payloads, they are decoded immediately. */
export const MAX_HEAD_BYTES: number = 4 * 1024 * 1024;
/**
 * The maximum size of a string outside the options or details, such as a URI or a signature, in bytes, with escapes and
 * quotes.
 */
export const MAX_HEAD_TEXT_BYTES: number = 256 * 1024;
/** The maximum length of a key in options or details, in UTF-16 code units. */
export const MAX_KEY_LENGTH = 256;
/** The maximum length of a JSON number, in characters. */
export const MAX_NUMBER_LENGTH = 1_024;

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

/** Throws `ProtocolViolation` if one dictionary, or all dictionaries of a message's head together, have too many keys. */
export function checkKeyCount(inDictionary: number, inHead: number): void {
  if (inDictionary > MAX_KEYS) {
    throw new ProtocolViolation(`options or details: expected at most ${MAX_KEYS} keys in one dictionary, got more`);
  }
  if (inHead > MAX_HEAD_KEYS) {
    throw new ProtocolViolation(
      `options or details: expected at most ${MAX_HEAD_KEYS} keys, those of nested dictionaries included, got more`,
    );
  }
}

/** Throws `ProtocolViolation` if a message's head has too many values. */
export function checkValueCount(inHead: number): void {
  if (inHead <= MAX_HEAD_VALUES) return;
  throw new ProtocolViolation(
    `options or details: expected at most ${MAX_HEAD_VALUES} values, those of nested lists and dictionaries included, got more`,
  );
}

/** Returns the violation for a message whose options or details are too large. */
export function headTooLarge(path: string): ProtocolViolation {
  return new ProtocolViolation(`${path}: expected at most ${MAX_HEAD_BYTES} bytes, got more`);
}

/**
 * Throws `ProtocolViolation` if a key of a message's head is too long. `written` is the encoded length of the key, at most 6
 * bytes or characters per character. `read` decodes the key and is called only if `written` does not settle the question.
 */
export function checkKeyLength(written: number, read: () => string): void {
  if (written <= MAX_KEY_LENGTH) return;
  if (written <= MAX_KEY_LENGTH * 6 && read().length <= MAX_KEY_LENGTH) return;
  throw new ProtocolViolation(
    `options or details: expected keys of at most ${MAX_KEY_LENGTH} characters, got a longer one`,
  );
}
