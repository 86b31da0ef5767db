import type { CodeBlockWriter } from "ts-morph";
import type { ContractModel, MemberDoc, ProcedureModel, TopicModel, Views } from "../model/model.js";
import { isIdentifier } from "../model/names.js";
import { isSame, type Type } from "../model/type.js";
import { docTags, type Tag, writeComment } from "./doc-comment.js";
import { freeName, Imports } from "./imports.js";
import { signature } from "./signature.js";
import { commentLines, propertyName } from "./text.js";
import { typeText } from "./type-text.js";

/** The table of members from which a thin client is created, instead of the contract. */
export interface ThinTable {
  /** The table's name in the file. */
  readonly members: string;
  /** Whether the client takes middleware. */
  readonly middleware: boolean;
}

/**
 * Prints the client's interface and the function that creates a client, from the contract or, if given, from the table of a thin
 * client.
 */
export function printClient(writer: CodeBlockWriter, model: ContractModel, imports: Imports, thin?: ThinTable): void {
  const members = model.members.filter((member) => member.kind !== "error");
  if (members.length === 0) return;
  const client = `${model.name}Client`;
  writeComment(writer, { paragraphs: [`Typed client for \`${model.source}\`, created by \`create${client}\`.`] });
  writer.write(`export interface ${client} `).inlineBlock(() => {
    for (const member of members) {
      writeMemberComment(writer, member, thin === undefined);
      writer.writeLine(member.kind === "topic" ? topicMember(member, imports) : procedureMember(member, imports));
    }
  });
  writer.blankLine();

  const parameters = [`peer: ${imports.type("CallerPeer")}`, `options?: ${imports.type("ClientOptions")}`];
  writeComment(writer, { paragraphs: [`Creates a typed client for \`${model.source}\`.`] });
  const head = signature(`export function create${client}`, { parameters, result: client, indent: 2 });
  writer.write(`${head} `).inlineBlock(() => {
    const bound = thin ? imports.value("bindThinClient") : imports.value("bindClient");
    const layers = thin?.middleware ? `, ${imports.value("middleware")}` : "";
    writer.writeLine(`return ${bound}<${client}>(peer, ${thin?.members ?? "contract"}, options${layers});`);
  });
  writer.blankLine();
}

/** Returns the call of a procedure, for documents. */
export function procedureSignature(procedure: ProcedureModel): string {
  const { parameters, result } = callOf(procedure, new Imports(new Set()));
  return signature(propertyName(procedure.name), { parameters, result, indent: 2 });
}

/** Returns the access to a topic, for documents. */
export function topicSignature(topic: TopicModel): string {
  return topicMember(topic, new Imports(new Set())).replace(/^readonly |;$/g, "");
}

/** Returns the type of a method. If errors are declared, the method also has a guard for them. */
function procedureMember(procedure: ProcedureModel, imports: Imports): string {
  const { parameters, result, declared } = callOf(procedure, imports);
  const name = propertyName(procedure.name);
  if (declared === "") return `${signature(name, { parameters, result, indent: 2 })};`;
  const head = `readonly ${name}: ${imports.type("ErrorGuard")}<${declared}> & (`;
  return `${signature(head, { parameters, result, indent: 3, arrow: true })});`;
}

/** Returns the `Call` type of a procedure, with its printed result types. */
function callOf(
  procedure: ProcedureModel,
  imports: Imports,
): { readonly parameters: readonly string[]; readonly result: string; readonly declared: string } {
  const labels = new Set(procedure.input.map(({ name }) => name));
  const parameters = [
    ...(procedure.params ? [`${freeName("params", labels)}: ${typeText(procedure.params.sender)}`] : []),
    ...procedure.input.map(({ name, type }) => `${name}: ${typeText(type.sender)}`),
    ...(procedure.chunks ? [`${freeName("chunks", labels)}: ${chunksText(procedure.chunks)}`] : []),
    `${freeName("options", labels)}?: ${imports.type("CallOptions")}`,
  ];
  const { output, progress, errors } = procedure;
  const declared = [...new Set(errors.map(({ typeName }) => typeName))].join(" | ");
  const parts = [typeText(output.receiver), progress ? typeText(progress.receiver) : "never", declared || "never"];
  while (parts.at(-1) === "never" && parts.length > 1) parts.pop();
  return { parameters, result: `${imports.type("Call")}<${parts.join(", ")}>`, declared };
}

function chunksText({ sender }: Views): string {
  const chunk = typeText(sender);
  return `AsyncIterable<${chunk}> | Iterable<${chunk}>`;
}

function topicMember({ name, params, event }: TopicModel, imports: Imports): string {
  const kind = imports.type(params ? "TopicClient" : "PlainTopicClient");
  const differ = params && !isSame(params.receiver, params.sender);
  const views: readonly Type[] = [
    ...(params ? [params.receiver] : []),
    event.receiver,
    event.sender,
    ...(differ ? [params.sender] : []),
  ];
  return `readonly ${propertyName(name)}: ${kind}<${views.map(typeText).join(", ")}>;`;
}

function writeMemberComment(writer: CodeBlockWriter, member: ProcedureModel | TopicModel, links: boolean): void {
  const { doc } = member;
  const tags = [...(member.kind === "procedure" ? argumentTags(member) : []), ...ownTags(doc)];
  writeComment(writer, {
    paragraphs: [doc.description ?? ""],
    origin: originOf(member, links),
    tags,
    authored: doc.tags,
  });
}

/** Returns the URI and, in a file that imports the contract, a link to the member's line in it. */
function originOf({ name, uri }: ProcedureModel | TopicModel, links: boolean): string {
  const text = commentLines(`\`${uri}\``).join(" ");
  return links && isIdentifier(name) ? `${text}, declared as {@link contract.${name}}` : text;
}

function argumentTags({ input, returns }: ProcedureModel): readonly Tag[] {
  const described = input.flatMap(({ name, description }) =>
    description === undefined ? [] : [{ name: "param", text: `${name} ${description}` }],
  );
  return returns === undefined ? described : [...described, { name: "returns", text: returns }];
}

/** Returns the contract's `deprecated` as a tag, unless the author's comment already has that tag. */
function ownTags(doc: MemberDoc): readonly Tag[] {
  return doc.tags?.includes("@deprecated") ? [] : docTags(doc);
}
