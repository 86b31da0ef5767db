import type { CodeBlockWriter } from "ts-morph";
import type { WireMapping } from "../../src/contract/mapping.js";
import type { ThinModule } from "../loader/conversion.js";
import type {
  ContractModel,
  ErrorReference,
  MemberModel,
  Payloads,
  ProcedureModel,
  TopicModel,
} from "../model/model.js";
import { type ConversionNames, conversionText } from "./conversion-text.js";
import { checkText } from "./event-check.js";
import { propertyName, quote } from "./text.js";

/** The options for printing the table of members. */
export interface ThinMembersOptions {
  readonly plan: ThinModule;
  readonly history: boolean;
  readonly checkEvents: boolean;
  readonly names: ConversionNames;
  /** The name of the table. */
  readonly members: string;
}

/** One property of a printed member. It is omitted if its text is undefined. */
type Entry = readonly [name: string, text: string | undefined];

/** Prints the table of a contract's members, from which a thin client is created. */
export function printThinMembers(writer: CodeBlockWriter, model: ContractModel, options: ThinMembersOptions): void {
  const { imports } = options.names;
  writer.write(`const ${options.members} = `).inlineBlock(() => {
    for (const member of model.members) {
      if (member.kind === "error") continue;
      const make = imports.value(member.kind === "topic" ? "thinTopic" : "thinProcedure");
      const entries =
        member.kind === "topic" ? topicEntries(member, model, options) : procedureEntries(member, options);
      writer.writeLine(`${propertyName(member.name)}: ${make}(${callText(member, entries)}),`);
    }
  });
  writer.write(` satisfies ${imports.type("ThinMembers")};`).newLine();
  writer.blankLine();
}

/** Returns the call with its arguments, on one line if they fit. */
function callText({ uri }: ProcedureModel | TopicModel, entries: readonly Entry[]): string {
  const given = entries.flatMap(([name, text]) => (text === undefined ? [] : [`${name}: ${text}`]));
  if (given.length === 0) return quote(uri);
  const line = `${quote(uri)}, { ${given.join(", ")} }`;
  return line.length <= 90 ? line : `${quote(uri)}, {\n${given.map((each) => `  ${each},`).join("\n")}\n}`;
}

function procedureEntries(procedure: ProcedureModel, options: ThinMembersOptions): readonly Entry[] {
  const { name, input, payloads, progress, chunks, errors, policy, doc } = procedure;
  const part = (part: string) => payloadText(payloads, { part, path: `${name}.${part}`, options });
  return [
    ["params", paramsText(procedure, options)],
    ["input", part("input")],
    ["positional", isPositional(procedure) ? String(input.length) : undefined], // 0 for an empty tuple
    ["output", part("output")],
    ["progress", progress && (part("progress") ?? quote("empty"))],
    ["chunks", chunks && `${options.names.imports.value("thinChunks")}(${part("chunks") ?? quote("empty")})`],
    ["errors", errors.length === 0 ? undefined : errorsText(name, errors, options)],
    ["idempotent", policy.idempotent ? "true" : undefined],
    ["timeoutMs", policy.timeoutMs?.toString()],
    ["disclose", policy.disclose?.toString()],
    ["deprecated", doc.deprecated === undefined ? undefined : quote(String(doc.deprecated))],
  ];
}

function topicEntries(topic: TopicModel, model: ContractModel, options: ThinMembersOptions): readonly Entry[] {
  const { name, uri, payloads, policy, doc } = topic;
  const { imports } = options.names;
  const check = options.checkEvents ? checkText(payloads.event, model.definitions, imports) : undefined;
  return [
    ["params", paramsText(topic, options)],
    ["event", payloadText(payloads, { part: "event", path: `${name}.event`, options, check }) ?? quote("empty")],
    ["retain", policy.retain?.toString()],
    ["disclose", policy.disclose?.toString()],
    ["deprecated", doc.deprecated === undefined ? undefined : quote(String(doc.deprecated))],
    ["metaApi", uri.startsWith("wamp.") ? "true" : undefined], // the client refuses other URIs that start with wamp.
    ["history", options.history ? imports.value("readHistory") : undefined],
  ];
}

/** Returns whether the input is positional. Only its schema distinguishes a list of arguments from a single value. */
function isPositional({ input, payloads }: ProcedureModel): boolean {
  return payloads.input !== undefined && input.every(({ isWhole }) => !isWhole);
}

interface PayloadTextOptions {
  readonly part: string;
  /** The path in the plan. */
  readonly path: string;
  readonly options: ThinMembersOptions;
  readonly check?: string | undefined;
}

/** Returns the mapping of a payload, or nothing if there is no payload. */
function payloadText(payloads: Payloads, { part, path, options, check }: PayloadTextOptions): string | undefined {
  const payload = payloads[part];
  if (!payload) return undefined;
  const conversion = conversionAt(path, options);
  const wire = wireText(payload.wire);
  if (check !== undefined) return `[${wire}, ${conversion ?? "undefined"}, ${check}]`;
  return conversion === undefined ? wire : `[${wire}, ${conversion}]`;
}

function conversionAt(path: string, { plan, names }: ThinMembersOptions): string | undefined {
  const conversion = plan.slots.find((slot) => slot.path === path)?.conversion;
  return conversion && conversionText(conversion, names);
}

function wireText(wire: WireMapping): string {
  return typeof wire === "string" ? quote(wire) : `{ args: [${wire.args.map(quote).join(", ")}], kwargs: "rest" }`;
}

function errorsText(name: string, errors: readonly ErrorReference[], options: ThinMembersOptions): string {
  const members = errors.map(({ code, uri, payloads }) => {
    const path = `${name}.errors.${code}`;
    const data = payloadText(payloads, { part: "data", path, options }) ?? quote("empty");
    const constant = code in Object.prototype ? " as const" : ""; // the compiler expects a function under such a name
    return `${propertyName(code)}: [${quote(uri)}, ${data}]${constant}`;
  });
  return `{ ${members.join(", ")} }`;
}

/** Returns the codecs of parameters that are not text. A codec is `null` if values pass unchanged. */
function paramsText(member: Exclude<MemberModel, { kind: "error" }>, options: ThinMembersOptions): string | undefined {
  if (!member.params) return undefined;
  const { plan, names } = options;
  const codecs = plan.slots.flatMap(({ path }) => {
    const prefix = `${member.name}.params.`;
    if (!path.startsWith(prefix)) return [];
    return [`${propertyName(path.slice(prefix.length))}: ${conversionAt(path, options) ?? "null"}`];
  });
  const make = names.imports.value("thinParams");
  return codecs.length === 0 ? `${make}()` : `${make}({ ${codecs.join(", ")} })`;
}
