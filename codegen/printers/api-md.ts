import type { CodeBlockWriter } from "ts-morph";
import type { WireMapping } from "../../src/contract/mapping.js";
import type {
  ContractModel,
  Declaration,
  ErrorModel,
  ErrorReference,
  ProcedureModel,
  TopicModel,
  Views,
} from "../model/model.js";
import { type Doc, type Type, withoutUndefined } from "../model/type.js";
import type { ProjectInfo } from "./asyncapi.js";
import { procedureSignature, topicSignature } from "./client.js";
import { printDeclarations } from "./declarations.js";
import { GENERATED } from "./header.js";
import { typeText } from "./type-text.js";

type CallMember = ProcedureModel | TopicModel;

/** Prints `API.md` for people: each procedure and topic with its input, result and errors, then the types. */
export function printApi(
  contracts: readonly ContractModel[],
  { info, createWriter }: { readonly info: ProjectInfo; readonly createWriter: () => CodeBlockWriter },
): string {
  const blocks = [
    `<!-- ${GENERATED} docs. Do not edit: change the contracts and run it again. -->`,
    `# ${info.title}: API`,
    ...(info.description === undefined ? [] : [info.description]),
    ...contracts.flatMap((contract) => index(contract)),
    ...contracts.flatMap((contract) => chapter(contract, createWriter)),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function index(contract: ContractModel): readonly string[] {
  const rows = callMembers(contract).map((member) => [
    `[${member.name}](#${anchor(contract, member)})`,
    member.kind,
    code(member.uri),
    firstParagraph(member.doc.description),
  ]);
  return rows.length === 0 ? [] : [`**${contract.name}**`, table(["", "", "URI", ""], rows)];
}

function chapter(contract: ContractModel, createWriter: () => CodeBlockWriter): readonly string[] {
  const writer = createWriter();
  printDeclarations(writer, contract.declarations);
  const types = writer.toString().trim();
  return [
    `## ${contract.name}`,
    `Declared in \`${contract.source}\`.`,
    ...callMembers(contract).flatMap((member) => section(contract, member)),
    ...(types === "" ? [] : [`### Types of ${contract.name}`, fence(types)]),
  ];
}

function section(contract: ContractModel, member: CallMember): readonly string[] {
  const { doc, uri, payloads } = member;
  const { deprecated, description } = doc;
  const head = [
    `<a id="${anchor(contract, member)}"></a>`,
    `### ${member.name}`,
    ...(deprecated === undefined ? [] : [`> **Deprecated**${deprecated === true ? "." : `: ${deprecated}`}`]),
    ...(description === undefined ? [] : [description]),
    `${code(uri)} · ${[member.kind, ...facts(member)].join(" · ")}`,
  ];
  if (member.kind === "topic") {
    return [
      ...head,
      fence(`client.${topicSignature(member)}`),
      ...fields("Parameter", member.params, contract),
      ...fields(`Event ${wire(payloads.event?.wire)}`, member.event, contract),
    ];
  }
  const [input] = member.input;
  return [
    ...head,
    fence(`client.${procedureSignature(member)}`),
    ...fields("Parameter", member.params, contract),
    ...(member.input.length === 1 && input?.name === "input"
      ? fields(`Input ${wire(payloads.input?.wire)}`, input.type, contract)
      : positional(member)),
    ...(payloads.chunks ? fields(`Chunk ${wire(payloads.chunks.wire)}`, member.chunks, contract) : []),
    ...(payloads.progress ? fields(`Progress ${wire(payloads.progress.wire)}`, member.progress, contract) : []),
    ...result(member, contract),
    ...errors(member.errors, contract),
  ];
}

function facts(member: CallMember): readonly string[] {
  const { disclose, access } = member.policy;
  const disclosed = [...(disclose ? ["identity disclosed"] : []), ...Object.entries(access ?? {}).map(accessFact)];
  if (member.kind === "topic") return [...(member.policy.retain ? ["the last event is retained"] : []), ...disclosed];
  const { idempotent, timeoutMs, invoke } = member.policy;
  return [
    ...(idempotent ? ["idempotent"] : []),
    ...(timeoutMs ? [`at most ${timeoutMs} ms`] : []),
    ...(invoke && invoke !== "single" ? [`invoke: ${invoke}`] : []),
    ...disclosed,
  ];
}

const MAY: Readonly<Record<string, string>> = { roles: "called", publish: "published", subscribe: "subscribed to" };

function accessFact([action, roles]: readonly [string, readonly string[]]): string {
  return `${MAY[action]} by ${roles.length === 0 ? "nobody" : roles.map(code).join(", ")}`;
}

/** Returns the members of an object as rows, or its type on one line. */
function fields(title: string, views: Views | undefined, contract: ContractModel): readonly string[] {
  if (!views) return [];
  const type = views.sender;
  const shape = structure(type, contract);
  if (shape.kind !== "object" || shape.index) {
    return typeText(type) === "void" ? [] : [`**${title.trim()}:** ${code(typeText(type))}`];
  }
  const rows = shape.properties.map(({ name, type, optional, doc }) => [
    code(`${name}${optional ? "?" : ""}`),
    code(typeText(optional ? withoutUndefined(type) : type)),
    words(doc),
  ]);
  return [table([title.trim(), "Type", ""], rows)];
}

function positional({ input, payloads }: ProcedureModel): readonly string[] {
  if (input.length === 0) return [];
  const rows = input.map(({ name, type, description = "" }) => [code(name), code(typeText(type.sender)), description]);
  return [table([`Input ${wire(payloads.input?.wire)}`.trim(), "Type", ""], rows)];
}

function result({ output, returns, payloads }: ProcedureModel, contract: ContractModel): readonly string[] {
  if (!payloads.output) return [];
  const about = returns === undefined ? "" : ` – ${returns}`;
  const shape = structure(output.receiver, contract);
  const line = `**Result:** ${code(typeText(output.receiver))}${about}`;
  return shape.kind === "object" && !shape.index
    ? [line, ...fields("Result", { receiver: output.receiver, sender: output.receiver }, contract)]
    : [line];
}

function errors(declared: readonly ErrorReference[], contract: ContractModel): readonly string[] {
  if (declared.length === 0) return [];
  const rows = declared.map(({ code: name, uri, data }) => {
    const exported = contract.members.find(
      (member): member is ErrorModel => member.kind === "error" && member.uri === uri,
    );
    return [code(name), code(uri), code(typeText(data)), exported?.doc.description ?? ""];
  });
  return [table(["Error", "URI", "Data", ""], rows)];
}

/** Returns the type that a reference points to. */
function structure(type: Type, { declarations }: ContractModel): Type {
  if (type.kind !== "reference") return type;
  const found = declarations.find((declaration: Declaration) => declaration.name === type.name);
  return found ? found.type : type;
}

function words({ description, default: value, examples = [], deprecated }: Doc): string {
  return [
    deprecated === undefined ? "" : `**Deprecated${deprecated === true ? "" : `: ${deprecated}`}.**`,
    description ?? "",
    value === undefined ? "" : `Default ${code(value)}.`,
    examples.length === 0 ? "" : `Example: ${examples.map(code).join(", ")}.`,
  ]
    .filter(Boolean)
    .join(" ");
}

function wire(mapping: WireMapping | undefined): string {
  if (mapping === undefined || mapping === "empty") return "";
  if (typeof mapping === "object") return `(args ${mapping.args.join(", ")}; the rest kwargs)`;
  return mapping === "arg0" ? "(args[0])" : `(${mapping})`;
}

function callMembers({ members }: ContractModel): readonly CallMember[] {
  return members.filter((member): member is CallMember => member.kind !== "error");
}

function anchor({ name }: ContractModel, member: CallMember): string {
  return `${name}-${member.name}`.toLowerCase();
}

function firstParagraph(text = ""): string {
  return text.split(/\n\s*\n/, 1)[0] ?? "";
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function cell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").replaceAll(/(?<!\\)\|/g, "\\|");
}

/** Returns inline code, with as many backticks around it as it needs. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = "`".repeat(longest + 1);
  return longest === 0 ? `${ticks}${text}${ticks}` : `${ticks} ${text} ${ticks}`;
}

function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = "`".repeat(longest + 1);
  return `${ticks}ts\n${text}\n${ticks}`;
}
