import type { $ZodType } from "zod/v4/core";
import { FAILURE_CODES } from "../wire/call-failure.js";
import { isDict, kindOf } from "../wire/fields.js";
import {
  checkSettings,
  flag,
  natural,
  object,
  oneOf,
  type SettingRule,
  type SettingRules,
  text,
} from "../wire/settings.js";
import { isReserved } from "../wire/uris.js";
import type { ProcedureAccess, TopicAccess } from "./access.js";
import { checkSynchronous } from "./check-synchronous.js";
import { checkWire } from "./check-wire.js";
import type { ErrorType, Member, ProcedureDefinition, TopicDefinition } from "./definition.js";
import { parseTemplate } from "./params.js";
import { isSchema } from "./schema.js";

const schema: SettingRule = { expected: "a zod 4 schema", accepts: isSchema };
const wire: SettingRule = {
  expected: '"kwargs", "args", "arg0" or { args: [names], kwargs: "rest" }',
  accepts: (value) =>
    value === "kwargs" ||
    value === "args" ||
    value === "arg0" ||
    (isDict(value) && isListOfTexts(value.args) && value.kwargs === "rest"),
};

const COMMON = { summary: text, deprecated: text, params: object, disclose: flag, metaApi: flag };
const PROCEDURE: SettingRules<ProcedureDefinition<string>> = {
  ...COMMON,
  input: schema,
  output: schema,
  progress: schema,
  chunks: schema,
  errors: object,
  wire: object,
  idempotent: flag,
  timeoutMs: natural,
  access: object,
  invoke: oneOf("single", "roundrobin", "random", "first", "last"),
};
const TOPIC: SettingRules<TopicDefinition<string>> = { ...COMMON, event: schema, wire, retain: flag, access: object };
const roles: SettingRule = { expected: 'a list of roles, such as ["admin"]', accepts: isListOfRoles };
const PROCEDURE_ACCESS: SettingRules<ProcedureAccess> = { roles };
const TOPIC_ACCESS: SettingRules<TopicAccess> = { publish: roles, subscribe: roles };
const PROCEDURE_WIRE: SettingRules<NonNullable<ProcedureDefinition<string>["wire"]>> = {
  input: wire,
  output: wire,
  progress: wire,
  chunks: wire,
};

/** Checks the definition of a member. Throws `TypeError` with the URI and the key if it is not valid. */
export function checkMember(member: Member): void {
  if (member.kind === "procedure") checkProcedure(member.uri, member.definition);
  else if (member.kind === "topic") checkTopic(member.uri, member.definition);
  else checkError(member.uri, member.data);
}

function checkProcedure(uri: string, definition: ProcedureDefinition<string>): void {
  const path = pathOf("procedure", uri);
  if (isSchema(definition)) throw misplaced(path, "input");
  refuseOldSchemas(path, definition);
  checkSettings(definition, PROCEDURE, path);
  checkUri(path, uri, definition);
  checkSynchronous(`${path}.progress`, definition.progress);
  for (const [code, error] of Object.entries(definition.errors ?? {})) checkCode(`${path}.errors.${code}`, code, error);
  if (definition.access) {
    checkSettings(definition.access, PROCEDURE_ACCESS, `${path}.access`);
    if (!definition.access.roles) throw new TypeError(`${path}.access.roles: expected ${roles.expected}, got nothing`);
  }
  if (!definition.wire) return;
  checkSettings(definition.wire, PROCEDURE_WIRE, `${path}.wire`);
  for (const part of ["input", "output", "progress", "chunks"] as const) {
    const chosen = definition.wire[part];
    if (chosen !== undefined) checkWire(`${path}.wire.${part}`, chosen, definition[part]);
  }
}

function checkTopic(uri: string, definition: TopicDefinition<string>): void {
  const path = pathOf("topic", uri);
  if (isSchema(definition)) throw misplaced(path, "event");
  refuseOldSchemas(path, definition);
  checkSettings(definition, TOPIC, path);
  checkUri(path, uri, definition);
  if (definition.access) checkSettings(definition.access, TOPIC_ACCESS, `${path}.access`);
  if (definition.event === undefined)
    throw new TypeError(`${path}.event: expected a schema for the topic's events, got nothing`);
  if (definition.wire !== undefined) checkWire(`${path}.wire`, definition.wire, definition.event);
}

/** Checks an error. Its URI may start with `wamp.`, because a procedure may answer with WAMP's own errors. */
function checkError(uri: string, data: $ZodType): void {
  const path = pathOf("error", uri);
  if (parseTemplate(uri).names.length > 0) throw new TypeError(`${path}: the URI of an error must not have parameters`);
  refuseOldSchemas(path, { data });
  if (!isSchema(data))
    throw new TypeError(`${path}: expected a zod 4 schema for the error's data, got ${kindOf(data)}`);
  checkSynchronous(`${path}.data`, data);
}

/** Refuses zod 3 schemas, which lack `_zod`, with a hint what to install. */
function refuseOldSchemas(path: string, definition: object): void {
  for (const [part, value] of Object.entries(definition ?? {})) {
    if (!isDict(value) || !("_def" in value) || isSchema(value)) continue;
    throw new TypeError(`${path}.${part}: got a zod 3 schema; wampact needs zod 4.1 or newer: npm install zod@4`);
  }
}

/** Returns the name of a member for error messages: `procedure("com.app.add2")`. */
function pathOf(kind: string, uri: unknown): string {
  if (typeof uri !== "string")
    throw new TypeError(`${kind}: expected a URI such as "com.app.add2", got ${kindOf(uri)}`);
  return `${kind}("${uri}")`;
}

function checkUri(
  path: string,
  uri: string,
  { params = {}, metaApi = false }: Pick<ProcedureDefinition<string>, "params" | "metaApi">,
): void {
  const { names } = parseTemplate(uri);
  for (const [name, given] of Object.entries(params)) {
    if (!names.includes(name)) throw new TypeError(`${path}.params.${name}: the URI has no parameter {${name}}`);
    if (given !== undefined && !isSchema(given)) {
      throw new TypeError(`${path}.params.${name}: expected a zod 4 schema, got ${kindOf(given)}`);
    }
    checkSynchronous(`${path}.params.${name}`, given);
  }
  if (isReserved(uri) === metaApi) return;
  throw new TypeError(
    metaApi
      ? `${path}.metaApi: expected a URI that starts with "wamp."`
      : `${path}: URIs that start with "wamp." are reserved for the router; choose another URI, or set metaApi: true to describe a procedure or topic of the router`,
  );
}

/** Returns the error for a schema passed instead of a definition. */
function misplaced(path: string, key: string): TypeError {
  return new TypeError(`${path}: expected a definition, got a schema; write { ${key}: schema }`);
}

function checkCode(path: string, code: string, error: ErrorType): void {
  if ((FAILURE_CODES as readonly string[]).includes(code)) {
    throw new TypeError(
      `${path}: the code "${code}" is reserved for a failure that any call can have; choose another name`,
    );
  }
  if (!isDict(error) || error.kind !== "error") throw new TypeError(`${path}: expected an error made by error()`);
}

function isListOfRoles(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string" && each !== "");
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string");
}
