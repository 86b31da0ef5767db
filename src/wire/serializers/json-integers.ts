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

/**
 * Replaces each integer beyond ±(2^53−1) in valid JSON text by a marked string, because `JSON.parse` would round it. `unmarked`
 * restores it. Other string values that begin with U+0000 are marked as well, so that they are not taken for integers.
 */
export function withMarks(text: string): string {
  const token = /"|-?\d[\d.eE+-]{15,}/g; // the start of a string, or a long number
  let marked = "";
  let taken = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [number] = found;
    const at = found.index;
    if (number === '"') {
      let next = closingQuote(text, at) + 1;
      token.lastIndex = next;
      while (text.charCodeAt(next) <= 0x20) next++;
      if (!text.startsWith(NUL, at) || text[next] === ":") continue; // keys are not marked
      marked += text.slice(taken, at) + TEXT_MARK;
      taken = at + NUL.length;
    } else if (isWide(number)) {
      marked += `${text.slice(taken, at)}${MARK}${number}"`;
      taken = at + number.length;
    }
  }
  return marked + text.slice(taken);
}

/** Returns the end of the string that begins at `start`. A regular expression for all of it would overflow its stack in a long one. */
function closingQuote(text: string, start: number): number {
  let end = start;
  let escapes: number;
  do {
    end = text.indexOf('"', end + 1);
    for (escapes = 0; text[end - 1 - escapes] === "\\"; ) escapes++;
  } while (escapes % 2 === 1);
  return end;
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
