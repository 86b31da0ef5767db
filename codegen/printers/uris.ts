import type { CodeBlockWriter } from "ts-morph";
import type { ContractModel, MemberModel } from "../model/model.js";
import { writeComment } from "./doc-comment.js";
import type { Imports } from "./imports.js";
import { propertyName, quote } from "./text.js";
import { typeText } from "./type-text.js";

/** Prints the URIs of a contract: texts, and functions of their parameters where they have some. */
export function printUris(writer: CodeBlockWriter, model: ContractModel, imports: Imports): void {
  writeComment(writer, { paragraphs: ["URIs of the contract's members."] });
  writer.write(`export const ${model.camelName}Uris: `).inlineBlock(() => {
    for (const member of model.members) writer.writeLine(`readonly ${propertyName(member.name)}: ${uriType(member)};`);
  });
  writer.write(" = ").inlineBlock(() => {
    for (const member of model.members) writer.writeLine(`${propertyName(member.name)}: ${uriValue(member, imports)},`);
  });
  writer.write(";").newLine();
}

function uriType(member: MemberModel): string {
  const params = paramsOf(member);
  return params ? `(params: ${typeText(params.sender)}) => string` : quote(member.uri);
}

function uriValue(member: MemberModel, imports: Imports): string {
  return paramsOf(member)
    ? `(params) => ${imports.value("uriOf")}(contract.${member.name}, params)`
    : quote(member.uri);
}

function paramsOf(member: MemberModel) {
  return member.kind === "error" ? undefined : member.params;
}
