import type { CodeBlockWriter } from "ts-morph";
import type { Declaration } from "../model/model.js";
import type { Type } from "../model/type.js";
import { docTags, writeComment } from "./doc-comment.js";
import { propertyName } from "./text.js";
import { indexText, typeText } from "./type-text.js";

/** Prints a contract's types: an interface for each object, and an alias for every other type. `exported` defaults to true. */
export function printDeclarations(
  writer: CodeBlockWriter,
  declarations: readonly Declaration[],
  { exported = true }: { readonly exported?: boolean } = {},
): void {
  const keyword = exported ? "export " : "";
  for (const { name, type, doc } of declarations) {
    writeComment(writer, { paragraphs: [doc.description ?? ""], tags: docTags(doc) });
    if (type.kind === "object")
      writer.write(`${keyword}interface ${name} `).inlineBlock(() => printMembers(writer, type));
    else writer.write(`${keyword}type ${name} =${aliasText(type)};`);
    writer.blankLine();
  }
}

function printMembers(writer: CodeBlockWriter, type: Type & { readonly kind: "object" }): void {
  for (const property of type.properties) {
    const { name, optional, readonly, doc } = property;
    writeComment(writer, { paragraphs: [doc.description ?? ""], tags: docTags(doc) });
    writer.writeLine(
      `${readonly ? "readonly " : ""}${propertyName(name)}${optional ? "?" : ""}: ${typeText(property.type)};`,
    );
  }
  if (type.index) writer.writeLine(`${indexText(type.index)};`);
}

/** Returns an alias. A union that is too long for a line has one option per line. */
function aliasText(type: Type): string {
  const text = ` ${typeText(type)}`;
  if (text.length <= 90 || type.kind !== "union") return text;
  return type.options.map((option) => `\n  | ${typeText(option)}`).join("");
}
