import { createHash } from "node:crypto";

/** LMDB's keys are short: of longer texts the beginning is kept, and a hash of the whole. */
const LONGEST_KEY = 500;

/** The key of a text of any length. */
export function keyOf(text: string): string {
  if (text.length <= LONGEST_KEY) return text;
  return `${text.slice(0, LONGEST_KEY)} ${createHash("sha256").update(text).digest("hex")}`;
}

/** The text of a key; `undefined` where it was too long to be kept. */
export function textOf(key: string): string | undefined {
  return key.length <= LONGEST_KEY ? key : undefined;
}

/** What the keys of all texts with this beginning begin with. */
export function keyPrefixOf(beginning: string): string {
  return beginning.slice(0, LONGEST_KEY);
}

/** Eight bytes for each number. */
export function numberBytes(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeDoubleBE(number, 8 * index);
  return bytes;
}
