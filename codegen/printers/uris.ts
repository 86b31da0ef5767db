import type { CodeBlockWriter } from "ts-morph";
import type { ContractModel, MemberModel } from "../model/model.js";
import { isIdentifier } from "../model/names.js";
import type { ThinTable } from "./client.js";
import { writeComment } from "./doc-comment.js";
import type { Imports } from "./imports.js";
import { propertyName, quote } from "./text.js";
import { typeText } from "./type-text.js";

/** Prints the URIs of a contract: strings, or functions of their parameters. */
export function printUris(
  writer: CodeBlockWriter,
  model: ContractModel,
  imports: Imports,
  thin?: Pick<ThinTable, "members">,
): void {
  writeComment(writer, { paragraphs: ["URIs of the contract's members."] });
  writer.write(`export const ${model.camelName}Uris: `).inlineBlock(() => {
    for (const member of model.members) writer.writeLine(`readonly ${propertyName(member.name)}: ${uriType(member)};`);
  });
  writer.write(" = ").inlineBlock(() => {
    for (const member of model.members)
      writer.writeLine(`${propertyName(member.name)}: ${uriValue(member, imports, thin)},`);
  });
  writer.write(";").newLine();
}

function uriType(member: MemberModel): string {
  const params = paramsOf(member);
  return params ? `(params: ${typeText(params.sender)}) => string` : quote(member.uri);
}

function uriValue(member: MemberModel, imports: Imports, thin: Pick<ThinTable, "members"> | undefined): string {
  if (!paramsOf(member)) return quote(member.uri);
  if (!thin) return `(params) => ${imports.value("uriOf")}(contract.${member.name}, params)`;
  const own = isIdentifier(member.name) ? `.${member.name}` : `[${quote(member.name)}]`;
  return `(params) => ${imports.value("thinUri")}(${thin.members}${own}, params)`;
}

function paramsOf(member: MemberModel) {
  return member.kind === "error" ? undefined : member.params;
}
