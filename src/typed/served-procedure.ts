import { invalidInput, invalidOutput } from "../contract/errors.js";
import type { Mapped, Mapper } from "../contract/mapper.js";
import { synchronous } from "../contract/synchronous.js";
import type { ParamValues } from "../contract/uri-params.js";
import type { Outcome } from "../contract/validate.js";
import { whenReady } from "../contract/when-ready.js";
import { canceled } from "../peer/failures.js";
import { result, type WampReply } from "../peer/reply.js";
import type { Invocation, Peer } from "../peer/types.js";
import { WampError } from "../wire/error.js";
import { isThenable } from "../wire/thenable.js";
import { NOT_AUTHORIZED } from "../wire/uris.js";
import { mapAsync } from "./async-map.js";
import { createContext } from "./handler-context.js";
import { extend, type Middleware, type MiddlewareCall, runThrough } from "./middleware.js";
import type { PlannedError, ProcedurePlan } from "./procedure-plan.js";
import type { Context } from "./types.js";

export type Handler = (...given: unknown[]) => unknown;

/** A handler and its procedure. */
export interface Served {
  /** The procedure's name in its contract. */
  readonly name: string;
  readonly plan: ProcedurePlan;
  readonly handler: Handler;
}

type ErrorMakers = Readonly<Record<string, (data: unknown) => WampError>>;
type Members = Context & Record<string, unknown>;

/**
 * Answers each invocation with a handler, from the arguments to the reply. It answers in the same turn if nothing is
 * asynchronous.
 */
export class ServedProcedure {
  readonly #peer: Peer;
  readonly #served: Served;
  readonly #use: readonly Middleware[];
  readonly #errors: ErrorMakers | undefined; // if any are declared

  constructor(peer: Peer, served: Served, use: readonly Middleware[]) {
    this.#peer = peer;
    this.#served = served;
    this.#use = use;
    const makers = [...served.plan.errors].map(([code, error]) => [code, errorMaker(error)] as const);
    if (makers.length > 0) this.#errors = Object.fromEntries(makers);
  }

  answer(invocation: Invocation): unknown {
    const { plan } = this.#served;
    const params = plan.template.read(invocation.procedure);
    if (!params)
      throw invalidInput(`${plan.uri} params`, [{ path: [], code: "custom", message: "do not match their schemas" }]);
    if (plan.definition.disclose && !invocation.caller)
      throw new WampError(NOT_AUTHORIZED, { args: [`${plan.uri} refuses undisclosed callers`] });
    const input = plan.input.receive(invocation);
    if (!(input instanceof Promise)) return this.#handle(invocation, params, input);
    return input.then((ready) => this.#handle(invocation, params, ready));
  }

  #handle(invocation: Invocation, params: ParamValues, input: Outcome): unknown {
    const { plan } = this.#served;
    if (!input.ok) throw invalidInput(`${plan.uri} input`, input.issues);
    const context = this.#contextOf(invocation, params);
    const returned =
      this.#use.length === 0
        ? this.#run(invocation, context, input.value)
        : this.#runThrough(invocation, context, { params, input: input.value });
    if (!isThenable(returned)) return this.#reply(returned);
    return Promise.resolve(returned).then((value) => this.#reply(value));
  }

  /** Runs the handler and returns its answer: a value, a promise, or the return value of its generator. */
  #run(invocation: Invocation, context: Context, input: unknown): unknown {
    const { plan, handler } = this.#served;
    const returned =
      plan.form === "value"
        ? handler(input, context)
        : plan.form === "none"
          ? handler(context)
          : handler(...(input as unknown[]), context);
    return isGenerator(returned) ? drain(returned, invocation, plan) : returned;
  }

  #runThrough(
    invocation: Invocation,
    context: Context,
    { params, input }: { readonly params: ParamValues; readonly input: unknown },
  ): Promise<unknown> {
    const { name, plan } = this.#served;
    const call: MiddlewareCall = {
      peer: this.#peer,
      kind: "invoke",
      name,
      uri: invocation.procedure,
      declared: plan,
      params,
      input,
      idempotent: plan.definition.idempotent === true,
      details: invocation.details,
      context: context as Members,
    };
    return runThrough(this.#use, call, (added) => this.#run(invocation, extend(context, added), input));
  }

  #reply(value: unknown): WampReply | Promise<WampReply> {
    const { plan } = this.#served;
    const mapped = plan.output.send(value);
    return mapped instanceof Promise ? mapped.then((ready) => replyOf(plan, ready)) : replyOf(plan, mapped);
  }

  /** Returns the context of one call, with the parts from its contract: parameters, errors, progress, chunks. */
  #contextOf(invocation: Invocation, params: ParamValues): Context {
    const { plan } = this.#served;
    const context = createContext(invocation, this.#peer);
    const members = context as Members;
    if (plan.template.template.names.length > 0) members.params = params;
    if (this.#errors) members.errors = this.#errors;
    if (plan.progress) members.progress = (value: unknown) => progress(invocation, plan, value);
    if (plan.chunks) members.chunks = receivedChunks(invocation, plan.chunks.mapper, plan.uri);
    return context;
  }
}

function replyOf({ uri }: ProcedurePlan, mapped: Mapped): WampReply {
  if (!mapped.ok) throw invalidOutput(`${uri} output`, mapped.issues);
  return result(mapped.value.args, mapped.value.kwargs);
}

/**
 * Returns chunks for the handler. A chunk that does not match its schema ends the loop with `wamp.error.invalid_argument`, the
 * caller's fault.
 */
function receivedChunks({ chunks }: Invocation, mapper: Mapper, uri: string): AsyncIterable<unknown> {
  return mapAsync(chunks, (chunk) =>
    whenReady(mapper.receive(chunk), (outcome: Outcome) => {
      if (!outcome.ok) throw invalidInput(`${uri} chunks`, outcome.issues);
      return outcome.value;
    }),
  );
}

/**
 * Returns a function such as `errors.divideByZero({ numerator: 1 })`, which creates the error to throw. Invalid data is the
 * handler's fault.
 */
function errorMaker({ name, uri, data }: PlannedError) {
  return (value: unknown): WampError => {
    const mapped = synchronous(data.send(value), `${uri} data`);
    if (!mapped.ok) return invalidOutput(`${uri} data`, mapped.issues);
    const { args, kwargs } = mapped.value;
    return new WampError(uri, { args, kwargs, message: name });
  };
}

function progress(invocation: Invocation, plan: ProcedurePlan, value: unknown): void {
  if (!plan.progress) return;
  const mapped = synchronous(plan.progress.send(value), `${plan.uri} progress`);
  if (!mapped.ok) throw invalidOutput(`${plan.uri} progress`, mapped.issues);
  invocation.progress(mapped.value.args, mapped.value.kwargs);
}

/** Sends the progress of an async generator handler as fast as the connection allows, and returns its result. */
async function drain(
  generator: AsyncGenerator<unknown, unknown, void>,
  invocation: Invocation,
  plan: ProcedurePlan,
): Promise<unknown> {
  for (;;) {
    const { done, value } = await generator.next();
    if (done) return value;
    try {
      throwIfAborted(invocation);
      progress(invocation, plan, value);
      await invocation.drained();
      throwIfAborted(invocation);
    } catch (error) {
      await generator.return(undefined); // runs its `finally`
      throw error;
    }
  }
}

/** Replaces `AbortSignal.throwIfAborted`, which platforms such as React Native lack. */
function throwIfAborted({ signal }: Invocation): void {
  if (signal.aborted) throw signal.reason ?? canceled();
}

function isGenerator(value: unknown): value is AsyncGenerator<unknown, unknown, void> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && "next" in value;
}
