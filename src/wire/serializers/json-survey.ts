const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_DICT = 0x7b;
const CLOSE_DICT = 0x7d;

/** Returns whether an integer with this many digits and this first digit may be beyond ±(2^53−1) = ±9007199254740991. */
export function maybeWide(digits: number, first: number): boolean {
  return digits > 16 || (digits === 16 && first === NINE);
}

/** Properties of a JSON list's text that `JSON.parse` does not report. */
export interface Survey {
  /** The index of the element that is nested too deep; `undefined` if there is none. */
  readonly tooDeep: number | undefined;
  /** Whether there may be an integer that a double cannot represent exactly. */
  readonly wide: boolean;
}

const NOTHING: Survey = { tooDeep: undefined, wide: false };

/** Scans the text of a JSON list. `JSON.parse` reports invalid JSON later. */
export function survey(text: string, maxDepth: number): Survey {
  // Every opening bracket needs a closing one, so a short text cannot be too deep.
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

/**
 * Returns whether the text has a run of digits long enough for `maybeWide`. It looks at every sixteenth character, and
 * around a digit.
 */
function hasManyDigits(text: string): boolean {
  for (let at = 15; at < text.length; at += 16) if (isDigit(text.charCodeAt(at)) && areMany(text, at)) return true;
  return false;
}

/** Returns whether the run of digits around a position is long. The first and the last character usually settle it. */
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

/** Returns the end of the string that begins at `start`, or the end of the text if it is unterminated. */
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
