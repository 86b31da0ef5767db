import { type Contract, membersOf } from "../contract/contract.js";
import type { Member } from "../contract/definition.js";
import { invalidInput, invalidOutput } from "../contract/errors.js";
import { createMapper, type Mapper } from "../contract/mapper.js";
import { createTypedTemplate } from "../contract/template-params.js";
import type { TypedTemplate } from "../contract/uri-params.js";
import type { WampError } from "../wire/error.js";
import type { Issue } from "../wire/issue.js";
import type { PassthruKeys } from "../wire/options.js";
import type { Payload } from "../wire/payload.js";
import { PatternIndex } from "./pattern-index.js";

/** The parts of a call with schemas in a contract. */
export type CallPart = "input" | "chunk" | "progress" | "output";

/** The part of a message that is checked. */
interface Checked {
  readonly options: PassthruKeys;
  readonly payload: Payload;
}

/**
 * Validates payloads against the contracts that a realm enforces. URIs outside the contracts are not checked, and neither are
 * passthru payloads, which cannot be read.
 */
export interface Enforcement {
  /**
   * Returns `wamp.error.invalid_argument` for an invalid payload of a caller, `wampact.error.invalid_output` for one of a
   * callee.
   */
  checkCall(procedure: string, part: CallPart, message: Checked): WampError | undefined;
  /** Returns `wamp.error.invalid_argument` for an invalid payload. */
  checkPublish(topic: string, message: Checked): WampError | undefined;
}

/** The schemas of one member. */
interface Enforced {
  readonly uri: string;
  readonly template: TypedTemplate;
  readonly mappers: Readonly<Partial<Record<CallPart | "event", Mapper>>>;
}

/**
 * Creates the enforcement of contracts. Throws `TypeError` for a member with an invalid URI template and for two members with
 * the same URI. Schemas must be synchronous: an asynchronous one refuses every payload.
 */
export function enforce(contracts: readonly Contract[]): Enforcement {
  const procedures = new PatternIndex<Enforced>();
  const topics = new PatternIndex<Enforced>();
  for (const [name, member] of contracts.flatMap(membersOf)) {
    if (member.kind !== "error") add(member.kind === "procedure" ? procedures : topics, name, member);
  }
  return {
    checkCall(procedure, part, { options, payload }) {
      if (options.ppt_scheme !== undefined) return undefined;
      const fault = check(procedures.best(procedure), { uri: procedure, part, payload });
      if (!fault) return undefined;
      const ofCaller = part === "input" || part === "chunk";
      return (ofCaller ? invalidInput : invalidOutput)(`${procedure} ${part}`, fault);
    },
    checkPublish(topic, { options, payload }) {
      if (options.ppt_scheme !== undefined) return undefined;
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

/**
 * Returns the pattern with every parameter open. Before an open `{...rest}`, WAMP can only match the text before the first
 * parameter.
 */
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

/** Returns the issues of a payload; `undefined` if it is valid or not covered by a contract. */
function check(
  enforced: Enforced | undefined,
  { uri, part, payload }: { readonly uri: string; readonly part: CallPart | "event"; readonly payload: Payload },
): readonly Issue[] | undefined {
  if (!enforced) return undefined;
  if (!enforced.template.read(uri))
    return [{ path: ["params"], code: "custom", message: "the URI's parameters do not match their schemas" }];
  const outcome = enforced.mappers[part]?.receive(payload);
  if (!outcome) return undefined;
  if (outcome instanceof Promise)
    return [{ path: [], code: "custom", message: "the router cannot check an asynchronous schema" }];
  return outcome.ok ? undefined : outcome.issues;
}
