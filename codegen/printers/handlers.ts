import type { CodeBlockWriter } from "ts-morph";
import type { ContractModel, ProcedureModel } from "../model/model.js";
import { writeComment } from "./doc-comment.js";
import { freeName, type Imports } from "./imports.js";
import { signature } from "./signature.js";
import { propertyName } from "./text.js";
import { typeText } from "./type-text.js";

/** Prints the handlers' interface and the function that serves them. */
export function printHandlers(writer: CodeBlockWriter, model: ContractModel, imports: Imports): void {
  const procedures = model.members.filter((member) => member.kind === "procedure");
  if (procedures.length === 0) return;
  const handlers = `${model.name}Handlers`;
  writeComment(writer, {
    paragraphs: [
      `Answers what \`${model.source}\` declares; \`Added\` is what is known of the context beyond its own members.`,
    ],
  });
  writer.write(`export interface ${handlers}<Added = unknown> `).inlineBlock(() => {
    for (const procedure of procedures) {
      writeComment(writer, { paragraphs: [procedure.doc.description ?? ""] });
      writer.writeLine(handlerMember(procedure, imports));
    }
  });
  writer.blankLine();

  printServe(writer, model, imports);
}

/** All handlers or, with `pick`, those picked; the overload without it comes first, since it is what most people meant. */
function printServe(writer: CodeBlockWriter, { name, source }: ContractModel, imports: Imports): void {
  const handlers = `${name}Handlers`;
  const options = imports.type("ServeOptions");
  const middleware = `readonly ${imports.type("Middleware")}[]`;
  const use = `const Use extends ${middleware} = ${middleware}`;
  const typed = `${handlers}<${imports.type("AddedBy")}<Use>>`;
  const [peer, result] = [`peer: ${imports.type("Peer")}`, `Promise<${imports.type("Service")}>`];
  const overload = (head: string, served: string, options: string): string => {
    const parameters = [peer, `handlers: ${served}`, options];
    return signature(`export function serve${name}${head}`, { parameters, result, indent: 2 });
  };
  writeComment(writer, {
    paragraphs: [
      `Serves every procedure of \`${source}\`, or those that \`pick\` names; resolves once all are registered.`,
    ],
  });
  writer.writeLine(`${overload(`<${use}>`, typed, `options?: ${options}<Use> & { readonly pick?: undefined }`)};`);
  const picked = `Pick<${typed}, NoInfer<Name>>`;
  const head = `<\n  const Name extends keyof ${handlers},\n  ${use},\n>`;
  writer.writeLine(`${overload(head, picked, `options: ${options}<Use> & { readonly pick: readonly Name[] }`)};`);
  writer.write(`${overload("", "object", `options?: ${options}`)} `).inlineBlock(() => {
    writer.writeLine(`return ${imports.value("bindService")}(peer, contract, handlers, options);`);
  });
  writer.blankLine();
}

function handlerMember(procedure: ProcedureModel, imports: Imports): string {
  const labels = new Set(procedure.input.map(({ name }) => name));
  const parameters = [
    ...procedure.input.map(({ name, type }) => `${name}: ${typeText(type.receiver)}`),
    `${freeName("ctx", labels)}: ${contextText(procedure, imports)}`,
  ];
  return `${signature(propertyName(procedure.name), { parameters, result: answerText(procedure, imports), indent: 2 })};`;
}

function contextText({ params, errors, progress, chunks }: ProcedureModel, imports: Imports): string {
  const makers = errors.map(
    ({ code, data }) => `${propertyName(code)}(data: ${typeText(data)}): ${imports.type("WampError")}`,
  );
  const own = [
    ...(params ? [`readonly params: ${typeText(params.receiver)}`] : []),
    ...(makers.length > 0 ? [`readonly errors: ${objectText(makers, "    ")}`] : []),
    ...(progress ? [`progress(value: ${typeText(progress.sender)}): void`] : []),
    ...(chunks ? [`readonly chunks: AsyncIterable<${typeText(chunks.receiver)}>`] : []),
  ];
  const common = `${imports.type("Context")} & Added`;
  return own.length > 0 ? `${common} & ${objectText(own, "  ")}` : common;
}

/** Members of an object type, on one line where they fit. */
function objectText(members: readonly string[], indent: string): string {
  const line = `{ ${members.join("; ")} }`;
  if (line.length <= 80 && !line.includes("\n")) return line;
  return ["{", ...members.map((member) => `${indent}  ${member};`), `${indent}}`].join("\n");
}

function answerText({ output, progress }: ProcedureModel, imports: Imports): string {
  const result = typeText(output.sender);
  const answer = `${imports.type("Answer")}<${result}>`;
  return progress ? `${answer} | AsyncGenerator<${typeText(progress.sender)}, ${result}, void>` : answer;
}
