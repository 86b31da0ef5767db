import { isIdentifier } from "../model/names.js";

/**
 * Characters that end a line in JavaScript or change the direction of text. In a contract they would show a reader other code
 * than the compiler sees.
 */
const UNSEEN = /[\p{Bidi_Control}\u2028\u2029\ufeff]|(?![\t\n])\p{Cc}/gu;

/** Returns a string literal. */
export function quote(text: string): string {
  return jsonText(text);
}

/** Returns a JSON value as an expression. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(UNSEEN, escapeCharacter);
}

/** Returns text for between the backticks of a template literal type. */
export function templateText(text: string): string {
  return text
    .replaceAll(/[\\`]|\$(?=\{)/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll(UNSEEN, escapeCharacter);
}

/** Returns the name of a property, quoted if it is no identifier. */
export function propertyName(name: string): string {
  return isIdentifier(name) ? name : quote(name);
}

/** Returns text for inside a comment, by line. It cannot end the comment. */
export function commentLines(text: string): readonly string[] {
  return text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => line.replaceAll(UNSEEN, "").replaceAll("*/", "*\\/").trimEnd());
}

/** Returns lines like `commentLines`, for text that was not a comment. It escapes what looks like a tag. */
export function proseLines(text: string): readonly string[] {
  return commentLines(text).map((line) => line.replaceAll(/(^|[\s{])@(?=\w)/g, "$1\\@"));
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
