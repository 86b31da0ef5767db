import { type Contract, membersOf } from "../contract/contract.js";
import type { Member } from "../contract/definition.js";
import { invalidInput, invalidOutput } from "../contract/errors.js";
import { createMapper, type Mapper } from "../contract/mapper.js";
import { createTypedTemplate } from "../contract/template-params.js";
import type { TypedTemplate } from "../contract/uri-params.js";
import type { WampError } from "../wire/error.js";
import type { Issue } from "../wire/issue.js";
import type { Payload } from "../wire/payload.js";
import { PatternIndex } from "./pattern-index.js";

/** The parts of a call that a contract has schemas for. */
export type CallPart = "input" | "chunk" | "progress" | "output";

/** Checks payloads against the contracts a realm enforces, whoever sent them. URIs of no contract pass untouched. */
export interface Enforcement {
  /** The error of a caller's payload: `wamp.error.invalid_argument`. A callee's: `wampact.error.invalid_output`. */
  checkCall(procedure: string, part: CallPart, payload: Payload): WampError | undefined;
  /** `wamp.error.invalid_argument`. */
  checkPublish(topic: string, payload: Payload): WampError | undefined;
}

/** Schemas of one member, by what they check. */
interface Enforced {
  readonly uri: string;
  readonly template: TypedTemplate;
  readonly mappers: Readonly<Partial<Record<CallPart | "event", Mapper>>>;
}

/**
 * Makes the checks of some contracts. Throws `TypeError` for a member whose URI is no valid template, and for two members
 * with one URI. Schemas must be synchronous: one that is not refuses every payload.
 */
export function enforce(contracts: readonly Contract[]): Enforcement {
  const procedures = new PatternIndex<Enforced>();
  const topics = new PatternIndex<Enforced>();
  for (const [name, member] of contracts.flatMap(membersOf)) {
    if (member.kind !== "error") add(member.kind === "procedure" ? procedures : topics, name, member);
  }
  return {
    checkCall(procedure, part, payload) {
      const fault = check(procedures.best(procedure), { uri: procedure, part, payload });
      if (!fault) return undefined;
      const ofCaller = part === "input" || part === "chunk";
      return (ofCaller ? invalidInput : invalidOutput)(`${procedure} ${part}`, fault);
    },
    checkPublish(topic, payload) {
      const fault = check(topics.best(topic), { uri: topic, part: "event", payload });
      return fault && invalidInput(`${topic} event`, fault);
    },
  };
}

function add(index: PatternIndex<Enforced>, name: string, member: Exclude<Member, { kind: "error" }>): void {
  const template = createTypedTemplate(member.uri, member.definition.params);
  const pattern = openPattern(template);
  if (index.get(pattern.uri, pattern.match))
    throw new TypeError(`enforce: "${name}" and another ${member.kind} have the URI ${member.uri}`);
  index.set(pattern.uri, pattern.match, { uri: member.uri, template, mappers: mappersOf(member) });
}

/** The pattern with every parameter open; before an open remainder, WAMP can match the text before the first parameter only. */
export function openPattern({ template }: TypedTemplate): {
  readonly uri: string;
  readonly match: "exact" | "prefix" | "wildcard";
} {
  if (template.names.length === 0) return { uri: template.uri, match: "exact" };
  const texts = template.components.map((component) => (component.kind === "text" ? component.text : ""));
  if (template.rest === undefined) return { uri: texts.join("."), match: "wildcard" };
  return { uri: `${texts.slice(0, texts.indexOf("")).join(".")}.`, match: "prefix" };
}

function mappersOf(member: Exclude<Member, { kind: "error" }>): Enforced["mappers"] {
  if (member.kind === "topic") {
    return {
      event: createMapper(member.definition.event, {
        direction: "input",
        wire: member.definition.wire,
        validate: "both",
      }),
    };
  }
  const { input, output, progress, chunks, wire } = member.definition;
  return {
    input: createMapper(input, { direction: "input", wire: wire?.input, validate: "both" }),
    output: createMapper(output, { direction: "output", wire: wire?.output, validate: "both" }),
    ...(progress && {
      progress: createMapper(progress, { direction: "output", wire: wire?.progress, validate: "both" }),
    }),
    ...(chunks && { chunk: createMapper(chunks, { direction: "input", wire: wire?.chunks, validate: "both" }) }),
  };
}

/** What is wrong with a payload; `undefined` where nothing is, or no contract says anything. */
function check(
  enforced: Enforced | undefined,
  { uri, part, payload }: { readonly uri: string; readonly part: CallPart | "event"; readonly payload: Payload },
): readonly Issue[] | undefined {
  if (!enforced) return undefined;
  if (!enforced.template.read(uri))
    return [{ path: ["params"], code: "custom", message: "the URI's parameters do not fit their schemas" }];
  const outcome = enforced.mappers[part]?.receive(payload);
  if (!outcome) return undefined;
  if (outcome instanceof Promise)
    return [{ path: [], code: "custom", message: "the router cannot check an asynchronous schema" }];
  return outcome.ok ? undefined : outcome.issues;
}
