import { ProtocolViolation } from "./error.js";
import { checkSettings, type SettingRules } from "./settings.js";

/**
 * Default of `maxDepth`: how many levels of lists and dictionaries a message may nest. `args` and `kwargs` are each the first
 * level, as an options or details dictionary is; every list or dictionary within adds one. The message's own list, binary
 * values and CBOR tags are no levels.
 */
export const MAX_DEPTH = 128;
/** The largest `maxDepth`: up to here, the recursion of serializer libraries and of schemas stays within the stack. */
export const MOST_DEPTH = 512;

/** How many keys one options or details dictionary may hold, a dictionary nested in it counted by itself. */
export const MAX_KEYS = 256;
/** How many keys the options or details of a message may hold, nested dictionaries included. */
export const MAX_HEAD_KEYS = 1_024;
/**
 * How many values the options or details of a message may hold: members of lists and dictionaries, nested ones included. A
 * PUBLISH that names 100,000 receivers is below it.
 */
export const MAX_HEAD_VALUES = 131_072;
/** How many bytes the options or details of a message may take. Values are made of them at once, unlike of a payload. */
export const MAX_HEAD_BYTES: number = 4 * 1024 * 1024;
/** How many bytes a text beside the options or details may take, such as a URI or a signature, escapes and quotes included. */
export const MAX_HEAD_TEXT_BYTES: number = 256 * 1024;
/** How many characters (UTF-16 code units) a key of options or details may have. */
export const MAX_KEY_LENGTH = 256;
/** How many characters a number in JSON may have: what is longer is no number that anybody computes with. */
export const MAX_NUMBER_LENGTH = 1_024;

/** What `json()`, `msgpack()` and `cbor()` take. */
export interface SerializerOptions {
  /**
   * How many levels of lists and dictionaries a message may nest, from 1 to 512; `args` and `kwargs` are each the first
   * level. A deeper value is a `TypeError` where it is sent; where it arrives as the payload of a request, that request is
   * refused with `wamp.error.invalid_argument`. Other peers' parsers may stop at 128. Default: 128.
   */
  readonly maxDepth?: number;
}

const RULES: SettingRules<SerializerOptions> = {
  maxDepth: {
    expected: `an integer from 1 to ${MOST_DEPTH}`,
    accepts: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_DEPTH,
  },
};

/** The depth that the options of a serializer ask for. Throws `TypeError` for an unknown option or a depth out of range. */
export function depthFrom(options: SerializerOptions, serializer: "cbor" | "json" | "msgpack"): number {
  checkSettings(options, RULES, serializer);
  return options.maxDepth ?? MAX_DEPTH;
}

/** Throws a violation where a dictionary of a message's head has just got one key more than it may have, or the head has. */
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

/** Throws a violation where a message's head has just got one value more than it may have. */
export function checkValueCount(inHead: number): void {
  if (inHead <= MAX_HEAD_VALUES) return;
  throw new ProtocolViolation(
    `options or details: expected at most ${MAX_HEAD_VALUES} values, those of nested lists and dictionaries included, got more`,
  );
}

/** The violation of a message whose options or details take more bytes than they may. */
export function headTooLarge(path: string): ProtocolViolation {
  return new ProtocolViolation(`${path}: expected at most ${MAX_HEAD_BYTES} bytes, got more`);
}

/**
 * Throws a violation for a key of a message's head that is too long. `written` is how many bytes or characters it takes in
 * the message, where no character takes more than 6; `read` decodes the key, and is called only where that can matter.
 */
export function checkKeyLength(written: number, read: () => string): void {
  if (written <= MAX_KEY_LENGTH) return;
  if (written <= MAX_KEY_LENGTH * 6 && read().length <= MAX_KEY_LENGTH) return;
  throw new ProtocolViolation(
    `options or details: expected keys of at most ${MAX_KEY_LENGTH} characters, got a longer one`,
  );
}
