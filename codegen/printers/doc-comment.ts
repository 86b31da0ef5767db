import type { CodeBlockWriter } from "ts-morph";
import type { Doc } from "../model/type.js";
import { commentLines, proseLines } from "./text.js";

/** A tag of a comment. Its text is escaped as prose unless it was written by the author as a tag (`authored`). */
export interface Tag {
  readonly name: string;
  readonly text: string;
}

export interface CommentParts {
  readonly paragraphs: readonly string[];
  /** A last paragraph with links that must stay links. It is not the author's prose. */
  readonly origin?: string;
  readonly tags?: readonly Tag[];
  /** The tags of the author's own comment, as written. */
  readonly authored?: string | undefined;
}

/** Writes a doc comment, or nothing if it would be empty. */
export function writeComment(writer: CodeBlockWriter, { paragraphs, origin, tags = [], authored }: CommentParts): void {
  const prose = paragraphs
    .filter((paragraph) => paragraph.trim() !== "")
    .map((paragraph) => proseLines(paragraph.trim()))
    .concat(origin === undefined ? [] : [[origin]])
    .flatMap((paragraph, index) => [...(index > 0 ? [""] : []), ...paragraph]);
  const tagged = [
    ...tags.flatMap(({ name, text }) => tagLines(name, text)),
    ...(authored === undefined ? [] : commentLines(authored)),
  ];
  const lines = [...prose, ...(prose.length > 1 && tagged.length > 0 ? [""] : []), ...tagged];
  const [first] = lines;
  if (first === undefined) return;
  if (lines.length === 1 && !first.endsWith("*")) {
    writer.writeLine(`/** ${first} */`);
    return;
  }
  writer.writeLine("/**");
  for (const line of lines) writer.writeLine(line === "" ? " *" : ` * ${line}`);
  writer.writeLine(" */");
}

/** Returns the tags for a schema's metadata. */
export function docTags({ default: value, examples = [], deprecated }: Doc): readonly Tag[] {
  return [
    ...(value === undefined ? [] : [{ name: "default", text: value }]),
    ...examples.map((example) => ({ name: "example", text: example })),
    ...(deprecated === undefined ? [] : [{ name: "deprecated", text: deprecated === true ? "" : deprecated }]),
  ];
}

function tagLines(name: string, text: string): readonly string[] {
  const [first = "", ...rest] = proseLines(text.trim());
  return [`@${name} ${first}`.trimEnd(), ...rest];
}
