/** Characters that a terminal would interpret or hide: control and format characters, line separators and lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const UNPRINTABLE_BUT_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Makes text from others printable on one line: truncates it and escapes unprintable characters. */
export function printable(text: string, most: number = 500): string {
  return cut(text, most).replace(UNPRINTABLE, escaped);
}

/** Makes text of several lines printable, such as a stack. */
export function printableLines(text: string, most: number = 8_000): string {
  return cut(text.replaceAll("\r\n", "\n"), most).replace(UNPRINTABLE_BUT_LINES, escaped);
}

/** Makes text from a client printable in quotes, so that its end is unambiguous. */
export function quoted(text: string, most: number = 100): string {
  return `"${printable(cut(text, most).replace(/["\\]/g, "\\$&"), most * 2)}"`;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
