import { parseTemplate } from "../../src/contract/params.js";
import { mapValues } from "../dicts.js";
import { type JsonSchema, mapParts, nameIn } from "../json-schema.js";
import type { JoinedContracts } from "../model/join.js";
import type { ErrorReference, Payload, ProcedureModel, TopicModel } from "../model/model.js";
import { GENERATED } from "./header.js";
import { firstSentence, keysOf } from "./member-keys.js";

/** The title, version and description of the project. */
export interface ProjectInfo {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Prints an AsyncAPI 3 document from the service's point of view: it receives calls, replies to them, and sends events. `x-wamp`
 * has the mapping of payloads to `args` and `kwargs`, because AsyncAPI has no binding for WAMP.
 */
export function printAsyncApi({ contracts, definitions }: JoinedContracts, info: ProjectInfo): string {
  const members = contracts.flatMap((contract) =>
    contract.members.flatMap((member) => (member.kind === "error" ? [] : [{ member, tag: contract.name }])),
  );
  const keys = keysOf(members);
  const each = <T>(
    make: (member: ProcedureModel | TopicModel, key: string, tag: string) => T,
  ): Readonly<Record<string, T>> =>
    Object.fromEntries(
      members.map(({ member, tag }) => {
        const key = keys.get(member) ?? member.name;
        return [key, make(member, key, tag)] as const;
      }),
    );
  const document = {
    asyncapi: "3.0.0",
    info,
    "x-generated": `${GENERATED} docs.`,
    defaultContentType: "application/json",
    channels: each(channelOf),
    operations: each(operationOf),
    components: { schemas: mapValues(definitions, schemaOf), ...securitySchemes(members.map(({ member }) => member)) },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function channelOf(member: ProcedureModel | TopicModel): Json {
  const { uri, doc, paramSchemas } = member;
  const { names } = parseTemplate(uri);
  return {
    address: uri.replaceAll("{...", "{"),
    ...(doc.description !== undefined && { description: doc.description }),
    ...(names.length > 0 && {
      parameters: Object.fromEntries(names.map((name) => [name, parameterOf(paramSchemas[name] ?? {})])),
    }),
    messages: messagesOf(member),
    "x-wamp": { kind: member.kind, uri, ...policyOf(member) },
  };
}

/** Returns an AsyncAPI parameter: text, with an optional list of values. AsyncAPI does not allow a schema here. */
function parameterOf({ description, enum: values, default: value, examples }: JsonSchema): Json {
  const isText = (each: unknown): boolean => typeof each === "string";
  return {
    ...(description !== undefined && { description }),
    ...(values?.every(isText) && { enum: values }),
    ...(isText(value) && { default: value }),
    ...(Array.isArray(examples) && examples.every(isText) && { examples }),
  };
}

function messagesOf(member: ProcedureModel | TopicModel): Json {
  const { payloads } = member;
  if (member.kind === "topic") return { event: messageOf(payloads.event) };
  return {
    input: messageOf(payloads.input),
    output: messageOf(payloads.output),
    ...(payloads.progress && { progress: messageOf(payloads.progress) }),
    ...(payloads.chunks && { chunk: messageOf(payloads.chunks) }),
    ...Object.fromEntries(member.errors.map((error) => [errorKey(error), errorMessage(error)])),
  };
}

/** Returns the key of an error's message. The prefix keeps it apart from keys such as `input`. */
function errorKey({ code }: ErrorReference): string {
  return `error.${code}`;
}

function errorMessage({ uri, payloads }: ErrorReference): Json {
  return { ...messageOf(payloads.data), "x-wamp": { error: uri, wire: payloads.data?.wire ?? "empty" } };
}

function messageOf(payload: Payload | undefined): Json {
  if (!payload) return { payload: { type: "null" }, "x-wamp": { wire: "empty" } };
  return { payload: schemaOf(payload.schema), "x-wamp": { wire: payload.wire } };
}

function operationOf(member: ProcedureModel | TopicModel, key: string, tag: string): Json {
  const channel = { $ref: `#/channels/${pointer(key)}` };
  const message = (name: string) => ({ $ref: `#/channels/${pointer(key)}/messages/${pointer(name)}` });
  const { description } = member.doc;
  const common = {
    channel,
    ...(description !== undefined && { summary: firstSentence(description) }),
    tags: [{ name: tag }],
    ...securityOf(member),
  };
  if (member.kind === "topic") return { action: "send", ...common, messages: [message("event")] };
  const { progress, chunks } = member.payloads;
  const replies = ["output", ...(progress ? ["progress"] : []), ...member.errors.map(errorKey)];
  return {
    action: "receive",
    ...common,
    messages: ["input", ...(chunks ? ["chunk"] : [])].map(message),
    reply: { channel, messages: replies.map(message) },
  };
}

/** Returns the roles of which a session needs one. */
function securityOf(member: ProcedureModel | TopicModel): Json {
  const roles = rolesOf(member);
  return roles ? { security: roles.map((role) => ({ $ref: `#/components/securitySchemes/${schemeOf(role)}` })) } : {};
}

/** Returns the roles that may call a procedure, or publish to a topic. `x-wamp` has the roles that may subscribe. */
function rolesOf(member: ProcedureModel | TopicModel): readonly string[] | undefined {
  return member.kind === "procedure" ? member.policy.access?.roles : member.policy.access?.publish;
}

function securitySchemes(members: readonly (ProcedureModel | TopicModel)[]): Json {
  const roles = [...new Set(members.flatMap((member) => rolesOf(member) ?? []))].sort();
  if (roles.length === 0) return {};
  const scheme = (role: string) => ({ type: "userPassword", description: `A session with the role ${role}.` });
  return { securitySchemes: Object.fromEntries(roles.map((role) => [schemeOf(role), scheme(role)])) };
}

/** Returns the name of a role's security scheme. AsyncAPI allows only few characters in names. */
function schemeOf(role: string): string {
  return `role.${role.replaceAll(/[^\w.-]/g, (character) => `_${character.codePointAt(0)?.toString(16)}`)}`;
}

function policyOf(member: ProcedureModel | TopicModel): Json {
  const { deprecated } = member.doc;
  return { ...member.policy, ...(deprecated !== undefined && { deprecated }) };
}

/** Converts a schema to AsyncAPI's draft-07 form: tuples look different, and a reference allows no other keywords beside it. */
function schemaOf(schema: JsonSchema): JsonSchema {
  const { $ref, prefixItems, items, ...others } = mapParts(schema, schemaOf);
  const list = prefixItems
    ? { items: prefixItems, ...(items !== undefined && { additionalItems: items }) }
    : { ...(items !== undefined && { items }) };
  const words = { ...others, ...list } as JsonSchema;
  if ($ref === undefined) return words;
  const reference = { $ref: `#/components/schemas/${pointer(nameIn($ref))}` };
  return Object.keys(words).length === 0 ? reference : { allOf: [reference], ...words };
}

function pointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
