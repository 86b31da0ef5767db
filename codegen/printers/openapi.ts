import { parseTemplate } from "../../src/contract/params.js";
import { statusOf } from "../../src/http/statuses.js";
import { acceptsEmpty, type Definitions } from "../empty-values.js";
import { type JsonSchema, mapReferences } from "../json-schema.js";
import type { JoinedContracts } from "../model/join.js";
import type { ErrorReference, Payload, ProcedureModel, TopicModel } from "../model/model.js";
import type { ProjectInfo } from "./asyncapi.js";
import { GENERATED } from "./header.js";
import { firstSentence, keysOf } from "./member-keys.js";

type Json = Readonly<Record<string, unknown>>;
type CallMember = ProcedureModel | TopicModel;

/** A member and its key in the document. */
interface Named<Member extends CallMember> {
  readonly member: Member;
  readonly key: string;
  readonly tag: string;
  readonly definitions: Definitions;
}

/** Settings of an OpenAPI document. */
export interface OpenApiOptions {
  readonly info: ProjectInfo;
  /** The URL of the realm at the HTTP bridge, such as `https://app.example/api/com.app`. */
  readonly server: string;
}

/**
 * Prints an OpenAPI 3.1 document of the calls, publications and event streams that HTTP clients can use through `httpBridge()`.
 * It omits procedures that take chunks, because HTTP clients cannot send them.
 */
export function printOpenApi({ contracts, definitions }: JoinedContracts, { info, server }: OpenApiOptions): string {
  const members = contracts.flatMap((contract) =>
    contract.members.flatMap((member) => (isServed(member) ? [{ member, tag: contract.name }] : [])),
  );
  const keys = keysOf(members);
  const paths = members.flatMap(({ member, tag }) => {
    const named = { member, key: keys.get(member) ?? member.name, tag, definitions };
    return member.kind === "procedure" ? [callPath({ ...named, member })] : topicPaths({ ...named, member });
  });
  const document = {
    openapi: "3.1.0",
    info,
    "x-generated": `${GENERATED} docs.`,
    servers: [{ url: server }],
    security: [{}, ...CREDENTIALS],
    tags: [...new Set(members.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: Object.fromEntries(paths),
    components: {
      schemas: {
        ...Object.fromEntries(
          Object.entries(definitions).map(([name, schema]) => [componentOf(name), schemaOf(schema)]),
        ),
        [ERROR]: ERROR_SCHEMA,
      },
      securitySchemes: {
        ticket: {
          type: "http",
          scheme: "bearer",
          description: "The ticket. The header WAMP-Authid may give its authid.",
        },
        login: { type: "http", scheme: "basic", description: "The authid and the ticket." },
      },
    },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

const CREDENTIALS = [{ ticket: [] }, { login: [] }];
const FLAG = { type: "boolean" };
const TEXT = { type: "string" };
const TEXTS = { type: "array", items: TEXT };
const IDS = { type: "array", items: { type: "integer" } };
const CALL_OPTIONS = { timeout: { type: "integer" }, disclose_me: FLAG, rkey: TEXT };
const PUBLISH_OPTIONS = {
  disclose_me: FLAG,
  retain: FLAG,
  exclude: IDS,
  exclude_authid: TEXTS,
  exclude_authrole: TEXTS,
  eligible: IDS,
  eligible_authid: TEXTS,
  eligible_authrole: TEXTS,
  rkey: TEXT,
};
/** The parameters of a subscription. */
const QUERY = [
  { name: "match", in: "query", schema: { enum: ["exact", "prefix", "wildcard"], default: "exact" } },
  { name: "get_retained", in: "query", schema: FLAG, description: "Whether the retained events come first." },
  { name: "nkey", in: "query", schema: TEXT, description: "The key of a sharded subscription." },
];
const EVENT_STREAM = "text/event-stream";
/** No type has a dot in its name. */
const ERROR = "wamp.error";
const ERROR_SCHEMA = {
  type: "object",
  required: ["error", "args", "kwargs"],
  properties: { error: { type: "string", description: "A URI." }, args: { type: "array" }, kwargs: { type: "object" } },
};

function isServed(member: { readonly kind: string }): member is CallMember {
  if (member.kind === "error") return false;
  return member.kind === "topic" || !(member as ProcedureModel).payloads.chunks;
}

function callPath(named: Named<ProcedureModel>): readonly [string, Json] {
  const { member, key, definitions } = named;
  const { input, output, progress } = member.payloads;
  const operation = {
    operationId: key,
    ...common(named, member.policy.access?.roles),
    requestBody: requestBody(input, CALL_OPTIONS, definitions),
    responses: {
      200: {
        description: "The result.",
        content: {
          ...json(payloadOf(output, "result")),
          ...(progress &&
            stream(
              "The events `progress`, then `result` or `error`. Requested with the Accept header.",
              payloadOf(progress, "result"),
            )),
        },
      },
      ...failures(member.errors),
    },
  };
  return [`/call/${pathOf(member)}`, { ...parametersOf(member), post: operation }];
}

function topicPaths(named: Named<TopicModel>): readonly (readonly [string, Json])[] {
  const { member, key, definitions } = named;
  const { event } = member.payloads;
  const { publish, subscribe } = member.policy.access ?? {};
  const published = { type: "object", required: ["publication"], properties: { publication: { type: "integer" } } };
  const publishing = {
    operationId: `publish.${key}`,
    ...common(named, publish),
    requestBody: requestBody(event, PUBLISH_OPTIONS, definitions),
    responses: { 200: { description: "The broker accepted the event.", content: json(published) }, ...failures([]) },
  };
  const received = payloadOf(event, "result", { topic: { type: "string" }, publication: { type: "integer" } });
  const subscribing = {
    operationId: `subscribe.${key}`,
    ...common(named, subscribe),
    parameters: QUERY,
    responses: {
      200: { description: "The events.", content: stream("One message for each event.", received) },
      ...failures([]),
    },
  };
  return [
    [`/publish/${pathOf(member)}`, { ...parametersOf(member), post: publishing }],
    [`/subscribe/${pathOf(member)}`, { ...parametersOf(member), get: subscribing }],
  ];
}

/** Returns the parts that all operations have. A session needs one of `roles`. */
function common({ member, tag }: Named<CallMember>, roles: readonly string[] | undefined): Json {
  const { description, deprecated } = member.doc;
  return {
    tags: [tag],
    ...(description !== undefined && { summary: firstSentence(description), description }),
    ...(deprecated !== undefined && { deprecated: true }),
    ...(roles && !roles.includes("anonymous") && { security: CREDENTIALS }),
    "x-wamp": { uri: member.uri, ...(roles && { roles }) },
  };
}

function pathOf({ uri }: CallMember): string {
  return uri
    .split(/(\{[^}]*\})/)
    .map((part) => (part.startsWith("{") ? part.replace("{...", "{") : encodeURIComponent(part)))
    .join("");
}

function parametersOf({ uri, paramSchemas }: CallMember): Json {
  const { names } = parseTemplate(uri);
  if (names.length === 0) return {};
  const parameters = names.map((name) => {
    const { description, ...schema } = schemaOf(paramSchemas[name] ?? {});
    const known = Object.keys(schema).length > 0 ? schema : { type: "string" };
    return { name, in: "path", required: true, ...(description !== undefined && { description }), schema: known };
  });
  return { parameters };
}

function requestBody(payload: Payload | undefined, properties: Json, definitions: Definitions): Json {
  const optional = payload === undefined || payload.optional === true || acceptsEmpty(payload, definitions);
  const schema = payloadOf(payload && { ...payload, ...(optional && { optional }) }, "request", {
    options: { type: "object", properties },
  });
  return { required: !optional && payload.wire !== "empty", content: json(schema) };
}

/** Returns a payload as a body. Requests may omit empty parts; results have all parts. */
function payloadOf(payload: Payload | undefined, part: "request" | "result", others: Json = {}): Json {
  const { wire, schema, optional = false } = payload ?? { wire: "empty" as const, schema: {} };
  const typed = schemaOf(schema);
  const args =
    wire === "args"
      ? typed
      : wire === "arg0"
        ? { type: "array", prefixItems: [typed], ...(!optional && { minItems: 1 }) }
        : { type: "array" };
  // In requests, parameters with names and positions may all be sent as keywords. In results they may be either.
  const isKeywords = wire === "kwargs" || (typeof wire === "object" && part === "request");
  const kwargs = isKeywords ? typed : { type: "object" };
  const needed = wire === "empty" || payload === undefined || optional ? [] : isKeywords ? ["kwargs"] : ["args"];
  const required = part === "result" ? ["args", "kwargs"] : needed;
  return {
    type: "object",
    ...(required.length > 0 && { required }),
    properties: { ...others, args, kwargs },
    ...(part === "request" && { additionalProperties: false }),
  };
}

/** Returns the responses for errors by status: declared errors at their status, all others as the default. */
function failures(errors: readonly ErrorReference[]): Json {
  const byStatus = new Map<number, ErrorReference[]>();
  for (const error of errors) byStatus.set(statusOf(error.uri), [...(byStatus.get(statusOf(error.uri)) ?? []), error]);
  const declared = [...byStatus].map(([status, each]) => {
    const anyOf = [...each.map(errorSchema), { $ref: `#/components/schemas/${ERROR}` }];
    const description = each.map(({ code, uri }) => `${code}: \`${uri}\`.`).join(" ");
    return [status, { description, content: json({ anyOf }) }] as const;
  });
  const other = { description: "An error.", content: json({ $ref: `#/components/schemas/${ERROR}` }) };
  return { ...Object.fromEntries(declared), default: other };
}

function errorSchema({ uri, payloads }: ErrorReference): Json {
  const { required, properties, ...others } = payloadOf(payloads.data, "result");
  return {
    ...others,
    required: ["error", ...(required as string[])],
    properties: { error: { const: uri }, ...(properties as Json) },
  };
}

function json(schema: Json): Json {
  return { "application/json": { schema } };
}

/** Returns a stream of events. OpenAPI 3.1 has no schema for its events. */
function stream(description: string, data: Json): Json {
  return { [EVENT_STREAM]: { schema: { type: "string", description }, "x-wamp": { data } } };
}

function schemaOf(schema: JsonSchema): JsonSchema {
  return mapReferences(schema, (name) => ({ $ref: `#/components/schemas/${componentOf(name)}` }));
}

/** Returns a valid component name. OpenAPI allows only few characters in it. */
function componentOf(name: string): string {
  return name.replaceAll(/[^\w.-]/g, (character) => `_${character.codePointAt(0)?.toString(16)}`);
}
