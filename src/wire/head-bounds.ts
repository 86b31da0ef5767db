import { ProtocolViolation } from "./error.js";

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

/** Thrown within a serializer if a string in a message's head is too long. */
export class TextTooLong extends ProtocolViolation {
  constructor(path: string) {
    super(`${path}: expected at most ${MAX_HEAD_TEXT_BYTES} bytes, got more`);
  }
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
