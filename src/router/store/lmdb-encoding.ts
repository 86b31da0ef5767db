import { createHash } from "node:crypto";

/** The maximum length of a key. A longer text is represented by its beginning and a hash. */
const LONGEST_KEY = 500;

/** Returns the key of a text of any length. */
export function keyOf(text: string): string {
  if (text.length <= LONGEST_KEY) return text;
  return `${text.slice(0, LONGEST_KEY)} ${createHash("sha256").update(text).digest("hex")}`;
}

/** Returns the text of a key, or `undefined` if it was too long to be stored. */
export function textOf(key: string): string | undefined {
  return key.length <= LONGEST_KEY ? key : undefined;
}

/** Returns the common prefix of the keys of all texts with this beginning. */
export function keyPrefixOf(beginning: string): string {
  return beginning.slice(0, LONGEST_KEY);
}

/** Encodes numbers in eight bytes each. */
export function numberBytes(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeDoubleBE(number, 8 * index);
  return bytes;
}
