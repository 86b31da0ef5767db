import { MAX_NUMBER_LENGTH } from "../bounds.js";
import { violation } from "../error.js";

/** Returns whether an integer with this many digits and this first digit may be beyond ±(2^53−1) = ±9007199254740991. */
export function maybeWide(digits: number, first: number): boolean {
  return digits > 16 || (digits === 16 && first === 0x39);
}

/** Returns whether the text of a JSON list may contain an integer for which `maybeWide` is true. */
export function mayContainWide(list: string): boolean {
  return /[^.\d](?:9\d{15}|\d{17})/.test(list);
}

const MARK = '"\\u0000#';
const TEXT_MARK = '"\\u0000=';
const NUL = '"\\u0000';
/** A string, with the colon if it is a key, or a long number. No part can match in two ways, so the search is linear. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d[\d.eE+-]{15,}/g;

/**
 * Replaces each integer beyond ±(2^53−1) in valid JSON text by a marked string, because `JSON.parse` would round it. `unmarked`
 * restores it. Other string values that begin with U+0000 are marked as well, so that they are not taken for integers.
 */
export function withMarks(text: string): string {
  return text.replace(TOKEN, (token: string, colon?: string) => {
    if (!token.startsWith('"')) return isWide(token) ? `${MARK}${token}"` : token;
    return !colon && token.startsWith(NUL) ? TEXT_MARK + token.slice(NUL.length) : token;
  });
}

/** Restores a marked string that begins with U+0000: an integer, or the original string. */
export function unmarked(text: string): bigint | string {
  return text[1] === "#" ? BigInt(text.slice(2)) : `\0${text.slice(2)}`;
}

/** Returns whether a JSON number is an integer beyond ±(2^53−1). A number with a fraction or an exponent is a double. */
function isWide(number: string): boolean {
  if (number.length > MAX_NUMBER_LENGTH)
    throw violation("malformed JSON", `a number of more than ${MAX_NUMBER_LENGTH} characters`);
  return /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number));
}
