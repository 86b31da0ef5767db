import { invalidInput, invalidOutput } from "../contract/errors.js";
import { type Mapped, type Mapper, whenReady } from "../contract/mapper.js";
import type { WireArguments } from "../contract/mapping.js";
import type { ParamValues } from "../contract/template-params.js";
import type { Outcome } from "../contract/validate.js";
import { type Call, PendingCall } from "../peer/call.js";
import { pickCallOptions } from "../peer/request-options.js";
import type { CallOptions, Peer, WampResult } from "../peer/types.js";
import { type CallFailure, failureOf } from "../wire/call-failure.js";
import { isWampError, type WampError } from "../wire/error.js";
import { deprecation } from "./deprecation.js";
import { type CallMapping, MappedCall } from "./mapped-call.js";
import { extend, type Middleware, type MiddlewareCall, runThrough } from "./middleware.js";
import type { ProcedurePlan } from "./procedure-plan.js";
import { callAcrossReconnects } from "./reconnecting-call.js";
import { relayCall } from "./relayed-call.js";
import type { ClientOptions } from "./types.js";

/** What a declared error looks like to a caller. */
export interface DeclaredError {
  readonly code: string;
  readonly uri: string;
  readonly data: unknown;
}

type UntypedCall = Call<WampResult, WampResult>;
type TypedCall = Call<unknown, unknown, DeclaredError>;

/** A procedure of a client, and what the client does beside its contract. */
export interface ProcedureMember {
  /** What the contract calls it. */
  readonly name: string;
  readonly plan: ProcedurePlan;
  readonly options: ClientOptions;
}

/** What a caller gives, told apart. */
interface GivenCall {
  readonly params: ParamValues;
  readonly input: unknown;
  readonly chunks: AnyIterable | undefined;
  readonly options: CallOptions;
}

type AnyIterable = AsyncIterable<unknown> | Iterable<unknown>;

/** The method of a procedure: parameters where the URI has them, the input in its form, chunks, then options. */
export function createProcedureMethod(peer: Peer, member: ProcedureMember): (...given: unknown[]) => TypedCall {
  const { name, plan, options } = member;
  const { use = [] } = options;
  const mapping = mappingOf(plan);
  const warn = deprecation(`${name} (${plan.uri})`, plan.definition.deprecated, options);
  return (...list) => {
    warn();
    const given = readGiven(list, member);
    const uri = plan.template.fill(given.params);
    if (!uri.ok) return new MappedCall(failedCall(peer, invalidInput(`${plan.uri} params`, uri.issues)), mapping);
    const start = (callOptions: CallOptions): TypedCall =>
      new MappedCall(startCall(peer, { plan, uri: uri.value, given: { ...given, options: callOptions } }), mapping);
    if (use.length === 0) return start(given.options);
    return callThrough(peer, { use, call: onionOf(peer, member, { ...given, uri: uri.value }), start, mapping });
  };
}

function readGiven(list: unknown[], { plan, options }: ProcedureMember): GivenCall {
  const hasParams = plan.template.template.names.length > 0;
  const params = hasParams ? (list.shift() as ParamValues | undefined) : undefined;
  const input = plan.form === "none" ? undefined : plan.form === "value" ? list.shift() : list.splice(0, plan.form);
  const chunks = plan.chunks && (list.shift() as AnyIterable | undefined);
  if (plan.chunks && !isIterable(chunks)) throw new TypeError(`${plan.uri} chunks: expected an iterable of chunks`);
  return {
    params: params ?? {},
    input,
    chunks,
    options: withDefaults((list.shift() ?? {}) as CallOptions, plan, options),
  };
}

function withDefaults(
  given: CallOptions,
  { definition, progress }: ProcedurePlan,
  options: ClientOptions,
): CallOptions {
  const timeoutMs = given.timeoutMs ?? options.timeoutMs ?? definition.timeoutMs;
  const disclose = given.disclose ?? definition.disclose;
  if (timeoutMs === given.timeoutMs && disclose === given.disclose && !progress) return given;
  return {
    ...given,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(disclose !== undefined && { disclose }),
    ...(progress && { receiveProgress: true }),
  };
}

/** Calls, and, where a lost connection does no harm, calls again. Chunks that were read cannot be sent again. */
function startCall(
  peer: Peer,
  { plan, uri, given }: { readonly plan: ProcedurePlan; readonly uri: string; readonly given: GivenCall },
): UntypedCall {
  const once = (options: CallOptions) =>
    callWith(peer, plan.input.send(given.input), {
      options,
      start: (mapped) => {
        if (!mapped.ok) return failedCall(peer, invalidInput(`${plan.uri} input`, mapped.issues));
        const chunks = plan.chunks && given.chunks && sentChunks(plan.chunks, given.chunks, `${plan.uri} chunks`);
        return peer.call(uri, mapped.value.args, mapped.value.kwargs, chunks ? { ...options, chunks } : options);
      },
    });
  if (!plan.definition.idempotent || plan.chunks) return once(given.options);
  return callAcrossReconnects(peer, given.options, once);
}

/** Calls at once, or, where a schema is asynchronous, when the input is ready. */
function callWith(
  peer: Peer,
  mapped: Mapped | Promise<Mapped>,
  { options, start }: { readonly options: CallOptions; readonly start: (mapped: Mapped) => UntypedCall },
): UntypedCall {
  if (!(mapped instanceof Promise)) return start(mapped);
  return relayCall({ onUnseen: peer.onError, signal: options.signal }, async (relay) => {
    const ready = await mapped;
    return relay(() => start(ready));
  });
}

/** Chunks as they travel. One that does not fit ends the iteration with `wamp.error.invalid_argument`, and the call with it. */
async function* sentChunks(mapper: Mapper, chunks: AnyIterable, what: string): AsyncGenerator<WireArguments> {
  for await (const chunk of chunks) {
    const mapped = await mapper.send(chunk);
    if (!mapped.ok) throw invalidInput(what, mapped.issues);
    yield mapped.value;
  }
}

/** A call through middleware, which sees the input as it was given and the result as the caller gets it. */
function callThrough(
  peer: Peer,
  {
    use,
    call,
    start,
    mapping,
  }: {
    readonly use: readonly Middleware[];
    readonly call: MiddlewareCall;
    readonly start: (options: CallOptions) => TypedCall;
    readonly mapping: CallMapping<WampResult, DeclaredError>;
  },
): TypedCall {
  const { signal } = call.context as CallOptions;
  const outer = relayCall<unknown, unknown>({ onUnseen: peer.onError, signal }, (relay) =>
    runThrough(use, call, (added) => relay(() => start(pickCallOptions(extend(call.context, added))))),
  );
  return new MappedCall(outer, { ...mapping, result: (value) => value, progress: (value) => value });
}

function onionOf(
  peer: Peer,
  { name, plan }: ProcedureMember,
  { params, input, options, uri }: GivenCall & { readonly uri: string },
): MiddlewareCall {
  const idempotent = plan.definition.idempotent === true;
  return { peer, kind: "call", name, uri, params, input, idempotent, context: { ...options } };
}

function failedCall(peer: Peer, error: WampError): UntypedCall {
  const call = new PendingCall<WampResult, WampResult>({ cancel: () => {}, onUnseen: peer.onError });
  call.fail(error);
  return call;
}

function mappingOf(plan: ProcedurePlan): CallMapping<WampResult, DeclaredError> {
  return {
    result: (value) => received(plan.output, { value, what: `${plan.uri} output` }),
    progress: (value) => plan.progress && received(plan.progress, { value, what: `${plan.uri} progress` }),
    failure: (error) => tellApart(plan, error),
  };
}

function received(mapper: Mapper, { value, what }: { readonly value: WireArguments; readonly what: string }): unknown {
  return whenReady(mapper.receive(value), (outcome: Outcome) => {
    if (outcome.ok) return outcome.value;
    throw invalidOutput(what, outcome.issues);
  });
}

/** A declared error by its URI, when its data fits; else the codes every call can fail with. */
async function tellApart(plan: ProcedurePlan, error: unknown): Promise<CallFailure | DeclaredError> {
  if (isWampError(error)) {
    for (const { name, uri, data } of plan.errors.values()) {
      if (uri !== error.uri) continue;
      const outcome = await data.receive(error);
      if (outcome.ok) return { code: name, uri, data: outcome.value };
    }
  }
  return failureOf(error);
}

function isIterable(value: unknown): value is AnyIterable {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
