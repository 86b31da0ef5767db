import { checkKeyCount, checkKeyLength } from "../bounds.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;

/** An integer with fewer digits than this is one that a double holds exactly. */
export const WIDE_DIGITS = 16;

/**
 * Looks over the text of a JSON list before `JSON.parse` makes values of it: how deep it nests, how many keys its head has,
 * whether a number may be wider than a double. Text that is no JSON is left to `JSON.parse` to refuse.
 */
export class Survey {
  /** How many levels nest within the list; looking ends one past what is allowed. */
  depth = 0;
  /** In which element of the list looking ended. */
  element = 0;
  /** Whether there may be an integer that a double does not hold exactly. */
  wide = false;
  readonly #text: string;
  readonly #headElements: number;
  readonly #members: number[] = []; // by level: how many keys the dictionary that is open there has
  #headKeys = 0;

  /** Throws a violation for too many or too long keys in the first `headElements` elements. */
  constructor(text: string, maxDepth: number, headElements: number = 0) {
    this.#text = text;
    this.#headElements = headElements;
    this.#look(maxDepth);
  }

  #look(maxDepth: number): void {
    const text = this.#text;
    let level = 0;
    let string = 0; // where the string began that was passed last
    for (let at = 0; at < text.length && this.depth <= maxDepth; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        string = at;
        at = closingQuote(text, at);
      } else if (code >= ZERO && code <= NINE) at = this.#number(at);
      else if (code === COMMA) this.element += level === 1 ? 1 : 0;
      else if (code === COLON) {
        if (this.element < this.#headElements) this.#headKey(level, string);
      } else if (code === OPEN_LIST || code === OPEN_DICT) {
        this.#members[++level] = 0;
        this.depth = Math.max(this.depth, level - 1);
      } else if (code === CLOSE_LIST || code === CLOSE_DICT) level--;
    }
  }

  /** Passes a number and returns where its last character stands. */
  #number(start: number): number {
    let end = start;
    let code: number;
    do code = this.#text.charCodeAt(++end);
    while (code >= ZERO && code <= NINE);
    this.wide ||= end - start >= WIDE_DIGITS;
    return end - 1;
  }

  #headKey(level: number, start: number): void {
    const members = (this.#members[level] ?? 0) + 1;
    this.#members[level] = members;
    checkKeyCount(members, ++this.#headKeys);
    const end = closingQuote(this.#text, start) + 1;
    checkKeyLength(end - start - 2, () => JSON.parse(this.#text.slice(start, end)));
  }
}

/** Where the string that begins at `start` ends; the end of the text where it has no end. */
export function closingQuote(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text[start - 1] === "\\") start--;
  return (at - start) % 2 === 1;
}
