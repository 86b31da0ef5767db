import type { CodeBlockWriter } from "ts-morph";
import type { ContractModel, ProcedureModel } from "../model/model.js";
import { writeComment } from "./doc-comment.js";
import { freeName, type Imports } from "./imports.js";
import { signature } from "./signature.js";
import { propertyName } from "./text.js";
import { typeText } from "./type-text.js";

/** Prints the interface of the handlers and the function that serves them. */
export function printHandlers(writer: CodeBlockWriter, model: ContractModel, imports: Imports): void {
  const procedures = model.members.filter((member) => member.kind === "procedure");
  if (procedures.length === 0) return;
  const handlers = `${model.name}Handlers`;
  writeComment(writer, { paragraphs: [`Handlers of the procedures in \`${model.source}\`.`] });
  writer.write(`export interface ${handlers} `).inlineBlock(() => {
    for (const procedure of procedures) {
      writeComment(writer, { paragraphs: [procedure.doc.description ?? ""] });
      writer.writeLine(handlerMember(procedure, imports));
    }
  });
  writer.blankLine();

  writeComment(writer, {
    paragraphs: [`Serves the procedures of \`${model.source}\`: all of them, or those that \`pick\` names.`],
  });
  const type = `${imports.type("Serve")}<${handlers}>`;
  writer.writeLine(`export const serve${model.name}: ${type} = (peer, handlers, options) =>`);
  writer.indent(() => writer.writeLine(`${imports.value("bindService")}(peer, contract, handlers, options);`));
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

function contextText({ params, errors, progress, chunks, policy }: ProcedureModel, imports: Imports): string {
  const makers = errors.map(
    ({ code, data }) => `${propertyName(code)}(data: ${typeText(data)}): ${imports.type("WampError")}`,
  );
  const own = [
    ...(params ? [`readonly params: ${typeText(params.receiver)}`] : []),
    ...(policy.disclose ? [`readonly caller: ${imports.type("Identity")}`] : []),
    ...(makers.length > 0 ? [`readonly errors: ${objectText(makers, "    ")}`] : []),
    ...(progress ? [`progress(value: ${typeText(progress.sender)}): void`] : []),
    ...(chunks ? [`readonly chunks: AsyncIterable<${typeText(chunks.receiver)}>`] : []),
  ];
  const common = imports.type("Context");
  return own.length > 0 ? `${common} & ${objectText(own, "  ")}` : common;
}

/** Returns an object type, on one line if it fits. */
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
