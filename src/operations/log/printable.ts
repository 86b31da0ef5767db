/** Control and format characters, line ends beside "\n", and halves of surrogate pairs: what a terminal would act on, or hide. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const UNPRINTABLE_BUT_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A text that others may have chosen, as one line of a log may hold it: cut, and with escapes for what is not printable. */
export function printable(text: string, most: number = 500): string {
  return cut(text, most).replace(UNPRINTABLE, escaped);
}

/** The same for a text of several lines, such as a stack. */
export function printableLines(text: string, most: number = 8_000): string {
  return cut(text.replaceAll("\r\n", "\n"), most).replace(UNPRINTABLE_BUT_LINES, escaped);
}

/** A text that a client has chosen, in quotes: where it ends is beyond doubt. */
export function quoted(text: string, most: number = 100): string {
  return `"${printable(cut(text, most).replace(/["\\]/g, "\\$&"), most * 2)}"`;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
