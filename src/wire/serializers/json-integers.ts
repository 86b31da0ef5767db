import { MAX_NUMBER_LENGTH } from "../bounds.js";
import { violation } from "../error.js";
import { closingQuote } from "./json-survey.js";

const MARK = '"\\u0000#';
const TEXT_MARK = '"\\u0000=';
const NUL = "\\u0000";

/**
 * Replaces each integer beyond ±(2^53−1) in JSON text by a marked string, because `JSON.parse` would round it. `unmarked`
 * restores it. Other string values that begin with U+0000 are marked as well, so that they are not taken for integers.
 */
export function withMarks(text: string): string {
  const token = /"|[-+.\dEe]{16,}/g; // the start of a string, or a long number
  let marked = "";
  let taken = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [number] = found;
    const at = found.index;
    if (number === '"') {
      const end = closingQuote(text, at);
      token.lastIndex = end + 1;
      if (!text.startsWith(NUL, at + 1) || isKey(text, end)) continue;
      marked += text.slice(taken, at) + TEXT_MARK;
      taken = at + 1 + NUL.length;
    } else if (isWide(number)) {
      marked += `${text.slice(taken, at)}${MARK}${number}"`;
      taken = at + number.length;
    }
  }
  return marked + text.slice(taken);
}

/** Restores a marked string that begins with U+0000: an integer, or the original string. */
export function unmarked(text: string): bigint | string {
  return text[1] === "#" ? BigInt(text.slice(2)) : `\0${text.slice(2)}`;
}

/** Returns whether the string that ends here is a key. Keys are not marked. */
function isKey(text: string, end: number): boolean {
  let next = end + 1;
  while (text.charCodeAt(next) <= 0x20) next++;
  return text[next] === ":";
}

/** Returns whether a JSON number is an integer beyond ±(2^53−1). A number with a fraction or an exponent is a double. */
function isWide(number: string): boolean {
  if (number.length > MAX_NUMBER_LENGTH)
    throw violation("malformed JSON", `a number of more than ${MAX_NUMBER_LENGTH} characters`);
  return /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number));
}
