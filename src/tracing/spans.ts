import { type Attributes, type Span, SpanKind, type SpanOptions, SpanStatusCode } from "@opentelemetry/api";
import type { MiddlewareCall } from "../typed/middleware.js";
import { isWampError } from "../wire/error.js";
import { CANCELED, INVALID_ARGUMENT, NOT_AUTHORIZED } from "../wire/uris.js";

/**
 * Attribute names and values of OpenTelemetry's semantic conventions 1.45, "RPC" (stable) and "Messaging". Attributes in
 * `wamp.` are Wampact's own.
 */
const SYSTEM = "wamp";

const KINDS: Readonly<Record<MiddlewareCall["kind"], SpanKind>> = {
  call: SpanKind.CLIENT,
  invoke: SpanKind.SERVER,
  publish: SpanKind.PRODUCER,
  event: SpanKind.CONSUMER,
};

/** The name, kind and attributes of a new span. They contain no payload, except parameters of a URI. */
export interface SpanStart {
  readonly name: string;
  readonly options: Pick<SpanOptions, "kind" | "attributes">;
}

/** Returns the start of the span for a call or an event. Its name is the URI template, so it is the same for all parameters. */
export function spanOf(call: MiddlewareCall): SpanStart {
  const { kind, declared, peer } = call;
  const isCall = kind === "call" || kind === "invoke";
  const operation = kind === "publish" ? "publish" : "process";
  return {
    name: isCall ? declared.uri : `${operation} ${declared.uri}`,
    options: {
      kind: KINDS[kind],
      attributes: {
        ...(isCall ? callAttributes(call) : eventAttributes(call, operation)),
        ...(peer.session && { "wamp.realm": peer.session.realm, "wamp.session.id": String(peer.session.id) }),
      },
    },
  };
}

function callAttributes({ uri, declared: { uri: template } }: MiddlewareCall): Attributes {
  return { "rpc.system.name": SYSTEM, "rpc.method": template, ...(uri !== template && { "wamp.procedure": uri }) };
}

function eventAttributes(call: MiddlewareCall, operation: "publish" | "process"): Attributes {
  const { uri, context } = call;
  const template = call.declared.uri;
  return {
    "messaging.system": SYSTEM,
    "messaging.operation.name": operation,
    "messaging.operation.type": operation === "publish" ? "send" : operation,
    "messaging.destination.name": uri,
    ...(uri !== template && { "messaging.destination.template": template }),
    ...publicationOf(context),
  };
}

/** Returns the publication ID of an event or of the broker's acknowledgement. */
function publicationOf(value: unknown): Attributes {
  const publication = typeof value === "object" && value !== null && "publication" in value && value.publication;
  return typeof publication === "number" ? { "messaging.message.id": String(publication) } : {};
}

/** Adds the attributes of a successful result. */
export function recordSuccess(span: Span, { kind }: MiddlewareCall, value: unknown): void {
  if (kind === "publish") span.setAttributes(publicationOf(value));
}

/** The errors of a callee that are caused by its caller. */
const CAUSED_BY_CALLER: ReadonlySet<string> = new Set([CANCELED, INVALID_ARGUMENT, NOT_AUTHORIZED]);

/**
 * Adds the error of a call or a handler. `error.type` is the code of a declared error, the URI of another WAMP error, or the
 * class of an exception. The span of a callee is not marked as failed for declared errors and errors caused by the caller.
 */
export function recordFailure(span: Span, call: MiddlewareCall, error: unknown): void {
  const isCall = call.kind === "call" || call.kind === "invoke";
  if (!isWampError(error)) {
    span.setAttribute("error.type", error instanceof Error ? error.name : "_OTHER");
    span.setStatus({ code: SpanStatusCode.ERROR });
    return;
  }
  const { uri } = error;
  const declared = codeOf(call, uri);
  span.setAttribute("error.type", declared ?? uri);
  if (isCall) span.setAttribute("rpc.response.status_code", uri);
  if (call.kind === "invoke" && (declared !== undefined || CAUSED_BY_CALLER.has(uri))) return;
  span.setStatus({ code: SpanStatusCode.ERROR, message: uri });
}

function codeOf({ declared: { errors } }: MiddlewareCall, uri: string): string | undefined {
  for (const [code, declared] of errors ?? []) if (declared.uri === uri) return code;
  return undefined;
}
