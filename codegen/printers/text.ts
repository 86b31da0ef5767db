import { isIdentifier } from "../model/names.js";

/**
 * Characters that end a line in JavaScript or turn the direction of the text around them: where a contract has them,
 * a reader would see other code than the compiler.
 */
const UNSEEN = /[\p{Bidi_Control}\u2028\u2029\ufeff]|(?![\t\n])\p{Cc}/gu;

/** A string literal. */
export function quote(text: string): string {
  return jsonText(text);
}

/** A value of JSON as an expression. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(UNSEEN, escapeCharacter);
}

/** Text between the backticks of a template literal type. */
export function templateText(text: string): string {
  return text
    .replaceAll(/[\\`]|\$(?=\{)/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll(UNSEEN, escapeCharacter);
}

/** The name of a property, in quotes where it is no identifier. */
export function propertyName(name: string): string {
  return isIdentifier(name) ? name : quote(name);
}

/** Text inside a comment, line by line. It cannot end the comment. */
export function commentLines(text: string): readonly string[] {
  return text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => line.replaceAll(UNSEEN, "").replaceAll("*/", "*\\/").trimEnd());
}

/** As `commentLines`, for text that was no comment before: what looks like a tag in it is none. */
export function proseLines(text: string): readonly string[] {
  return commentLines(text).map((line) => line.replaceAll(/(^|[\s{])@(?=\w)/g, "$1\\@"));
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
