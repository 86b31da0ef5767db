const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;

/** Whether an integer of so many digits, of which the first is given, may be beyond ±(2^53−1) = ±9007199254740991. */
export function maybeWide(digits: number, first: number): boolean {
  return digits > 16 || (digits === 16 && first === NINE);
}

/** What `JSON.parse` does not tell of the text of a JSON list. */
export interface Survey {
  /** The element that nests too deep, counted from 0; `undefined` where none does. */
  readonly tooDeep: number | undefined;
  /** Whether there may be an integer that a double does not hold exactly. */
  readonly wide: boolean;
}

const NOTHING: Survey = { tooDeep: undefined, wide: false };

/** Looks over the text of a JSON list. Text that is no JSON is left to `JSON.parse` to refuse. */
export function survey(text: string, maxDepth: number): Survey {
  // What opens must close: a short text cannot nest too deep.
  return text.length < 2 * maxDepth && !hasManyDigits(text) ? NOTHING : surveyed(text, maxDepth);
}

function surveyed(text: string, maxDepth: number): Survey {
  let level = 0; // the list itself is the first
  let element = 0;
  let wide = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = closingQuote(text, at);
    else if (code === COMMA) element += level === 1 ? 1 : 0;
    else if (code >= ZERO && code <= NINE) {
      const end = digitsEnd(text, at + 1);
      wide ||= maybeWide(end - at, code) && text[at - 1] !== "."; // a fraction is no integer
      at = end - 1;
    } else if (code === CLOSE_LIST || code === CLOSE_DICT) level--;
    else if ((code === OPEN_LIST || code === OPEN_DICT) && ++level > maxDepth + 1) return { tooDeep: element, wide };
  }
  return { tooDeep: undefined, wide };
}

/** Whether digits stand in a row, anywhere, that `maybeWide` asks about. Every sixteenth character is looked at, and what is around a digit. */
function hasManyDigits(text: string): boolean {
  for (let at = 15; at < text.length; at += 16) if (isDigit(text.charCodeAt(at)) && areMany(text, at)) return true;
  return false;
}

/** Whether the digits around one are many. Mostly the first and the last of so many say that they are not. */
function areMany(text: string, at: number): boolean {
  let start = at;
  while (start > at - 16 && isDigit(text.charCodeAt(start - 1))) start--;
  const last = start + (text.charCodeAt(start) === NINE ? 15 : 16);
  for (let digit = last; digit > at; digit--) if (!isDigit(text.charCodeAt(digit))) return false;
  return true;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function digitsEnd(text: string, start: number): number {
  let end = start;
  for (let code = text.charCodeAt(end); code >= ZERO && code <= NINE; code = text.charCodeAt(++end));
  return end;
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
