import type { Clock } from "../session/clock.js";
import { isWampError, WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { EventDetails, Passthru } from "../wire/options.js";
import { type Arguments, Payload } from "../wire/payload.js";
import { CANCELED, RUNTIME_ERROR, UNAVAILABLE } from "../wire/uris.js";
import { canceled, timedOut } from "./failures.js";
import type { PayloadSchemes } from "./payload-schemes.js";
import { payloadOf } from "./request-options.js";
import { BoundedStream } from "./stream.js";
import type { Identity, Invocation, WampChunk } from "./types.js";

/** Answers one invocation: the procedure's URI comes along, since the wire names it for patterns only. */
export interface InvocationHandler {
  readonly procedure: string;
  handle(invocation: Invocation): unknown;
}

/** Both kinds of arguments at once, as the result of a handler. */
export class WampReply {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly passthru: Passthru | undefined;

  constructor(
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: { readonly passthru?: Passthru },
  ) {
    this.args = args;
    this.kwargs = kwargs;
    this.passthru = options.passthru;
  }
}

/**
 * What a handler returns to answer with several arguments, or with named ones. `passthru` says how they are packed; the
 * default is as the call was, where the peer knows that scheme.
 */
export function result(
  args: readonly unknown[] = [],
  kwargs: Readonly<Record<string, unknown>> = {},
  options: { readonly passthru?: Passthru } = {},
): WampReply {
  return new WampReply(args, kwargs, options);
}

/** An invocation as it came, its values readable. */
interface Given {
  readonly message: m.Invocation;
  readonly handler: InvocationHandler;
  readonly values: Arguments;
  /** How its answers are packed. */
  readonly packing: Passthru | undefined;
}

/**
 * An invocation whose handler has not answered yet. What few handlers look at is made when one does: an `AbortSignal` costs more than
 * all the rest.
 */
class Running implements Invocation {
  readonly request: Id;
  readonly handler: InvocationHandler;
  readonly packing: Passthru | undefined;
  readonly procedure: string;
  readonly args: Invocation["args"];
  readonly kwargs: Invocation["kwargs"];
  readonly details: Invocation["details"];
  readonly caller: Identity | undefined;
  /** Where the dealer has left the time limit to us: it counts from the last answer. */
  stopTimer: (() => void) | undefined;
  readonly #progress: (run: Running, payload: Payload) => void;
  readonly #surroundings: Surroundings;
  readonly #chunks: BoundedStream<WampChunk> | undefined;
  #controller: AbortController | undefined;
  #aborted: WampError | undefined;

  constructor(
    { message: { request, details }, handler, values, packing }: Given,
    progress: (run: Running, payload: Payload) => void,
    surroundings: Surroundings,
  ) {
    this.request = request;
    this.handler = handler;
    this.packing = packing;
    this.procedure = details.procedure ?? handler.procedure;
    this.args = values.args;
    this.kwargs = values.kwargs;
    this.details = { ...details };
    this.caller = identityOf(details.caller, details.caller_authid, details.caller_authrole);
    this.#progress = progress;
    this.#surroundings = surroundings;
    if (details.progress) this.#chunks = new BoundedStream();
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  get progress(): Invocation["progress"] {
    return (args, kwargs) => this.#progress(this, payloadOf({ args, kwargs }));
  }

  async drained(): Promise<void> {
    await this.#surroundings.drained();
  }

  get chunks(): AsyncIterable<WampChunk> {
    return { [Symbol.asyncIterator]: () => this.#chunks?.values() ?? nothing() };
  }

  abort(reason: WampError): void {
    this.#aborted ??= reason;
    this.#controller?.abort(reason);
  }

  /** Whether an exception only says that the handler obeyed its signal. */
  isAbort(error: unknown): boolean {
    return (
      this.#aborted !== undefined &&
      (error === this.#aborted || (error instanceof Error && error.name === "AbortError"))
    );
  }

  /** Another part of a progressive call. An empty last one only says that there are no more. */
  take(chunk: WampChunk | undefined, more: boolean): void {
    if (chunk) this.#chunks?.push(chunk);
    if (!more) this.endChunks();
  }

  endChunks(error?: unknown): void {
    this.#chunks?.end(error);
  }
}

async function* nothing(): AsyncGenerator<never, void, void> {}

/** Where answers go, and what is told of exceptions that only their id leaves for. */
interface Surroundings {
  readonly schemes: PayloadSchemes;
  readonly clock: Clock;
  send(message: m.Message): boolean;
  drained(): Promise<void> | undefined;
  onError(error: unknown): void;
}

/** The invocations of one session: each is answered exactly once, whatever its handler does. */
export class Invocations {
  readonly #surroundings: Surroundings;
  readonly #handlers = new Map<Id, InvocationHandler>(); // by registration
  readonly #running = new Map<Id, Running>(); // by INVOCATION.Request
  #highest: Id = 0; // INVOCATION.Request seen so far

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  handle(registration: Id, handler: InvocationHandler): void {
    this.#handlers.set(registration, handler);
  }

  unhandle(registration: Id): void {
    this.#handlers.delete(registration);
  }

  invoke(message: m.Invocation): void {
    const running = this.#running.get(message.request);
    if (running) return this.#continue(running, message);
    if (message.request <= this.#highest) return; // more of one that was answered, which the dealer could not know
    this.#highest = message.request;
    const handler = this.#handlers.get(message.registration);
    // It crossed our UNREGISTER: a dealer that can routes it to the next callee.
    if (!handler)
      return this.#answerError(message.request, new WampError(UNAVAILABLE, { args: ["the callee has unregistered"] }));
    const { details, payload } = message;
    const { schemes } = this.#surroundings;
    const packing = schemes.replying(details);
    let run: Running;
    try {
      const values = schemes.unpack(payload, details, details.procedure ?? handler.procedure);
      run = new Running({ message, handler, values, packing }, this.#onProgress, this.#surroundings);
    } catch (error) {
      return this.#answerError(message.request, this.#asWampError(error, handler), packing);
    }
    this.#running.set(message.request, run);
    this.#startTimer(run);
    this.#handle(run);
  }

  #continue(run: Running, { details, payload }: m.Invocation): void {
    try {
      const isChunk = details.progress || !payload.isEmpty;
      const values = isChunk && this.#surroundings.schemes.unpack(payload, details, run.procedure);
      run.take(
        values ? { args: values.args, kwargs: values.kwargs, details: { ...details } } : undefined,
        details.progress === true,
      );
    } catch (error) {
      run.endChunks(error);
    }
  }

  interrupt({ request, options }: m.Interrupt): void {
    this.#running.get(request)?.abort(new WampError(options.reason ?? CANCELED, { args: ["canceled by the caller"] }));
  }

  /** The session is over: handlers are told, and nothing is sent any more. */
  end(reason: WampError): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    this.#handlers.clear();
    for (const run of running) {
      run.stopTimer?.();
      run.abort(reason);
      run.endChunks(reason);
    }
  }

  /** Runs the handler, and answers in the same turn where it does. */
  #handle(run: Running): void {
    let value: unknown;
    try {
      value = run.handler.handle(run);
    } catch (error) {
      return this.#failed(run, error);
    }
    if (!isThenable(value)) return this.#answer(run, value);
    Promise.resolve(value).then(
      (settled) => this.#answer(run, settled),
      (error: unknown) => this.#failed(run, error),
    );
  }

  #answer(run: Running, value: unknown): void {
    if (this.#running.get(run.request) !== run) return; // the session has ended under the handler, or its time was up
    try {
      this.#yield(run, {}, { payload: resultPayload(value), packing: packingOf(value, run) }); // throws what cannot travel
      this.#finish(run);
    } catch (error) {
      this.#failed(run, error);
    }
  }

  #failed(run: Running, error: unknown): void {
    const obeyed = run.isAbort(error);
    if (this.#finish(run)) {
      const told = obeyed && !isWampError(error) ? canceled() : this.#asWampError(error, run.handler);
      this.#answerError(run.request, told, run.packing);
    } else if (!obeyed) this.#surroundings.onError(error);
  }

  readonly #onProgress = (run: Running, payload: Payload): void => {
    if (!run.details.receive_progress || !this.#running.has(run.request)) return;
    this.#yield(run, { progress: true }, { payload, packing: run.packing });
    this.#startTimer(run);
  };

  #startTimer(run: Running): void {
    const { timeout = 0 } = run.details;
    if (timeout === 0) return;
    run.stopTimer?.();
    run.stopTimer = this.#surroundings.clock.after(timeout, () => {
      if (!this.#finish(run)) return;
      const error = timedOut(timeout);
      run.abort(error);
      this.#answerError(run.request, error);
    });
  }

  #yield(
    { request }: Running,
    options: m.Yield["options"],
    { payload, packing }: { readonly payload: Payload; readonly packing: Passthru | undefined },
  ): void {
    const packed = this.#surroundings.schemes.pack(payload, packing);
    const all = packed.keys ? { ...options, ...packed.keys } : options;
    this.#surroundings.send({ type: "YIELD", request, options: all, payload: packed.payload });
  }

  /** False when it has been answered already, or the session has ended under the handler. */
  #finish(run: Running): boolean {
    run.stopTimer?.();
    return this.#running.get(run.request) === run && this.#running.delete(run.request);
  }

  #answerError(request: Id, { uri, args, kwargs }: WampError, packing?: Passthru): void {
    const message = { type: "ERROR", requestType: "INVOCATION", request, error: uri } as const;
    try {
      const { payload, keys } = this.#surroundings.schemes.pack(payloadOf({ args, kwargs }), packing);
      this.#surroundings.send({ ...message, details: keys ?? {}, payload });
    } catch (error) {
      this.#surroundings.onError(error); // its arguments cannot travel; the URI can
      this.#surroundings.send({ ...message, details: {}, payload: Payload.EMPTY });
    }
  }

  /** An exception that names no URI stays here: only an ID goes out, by which its report is found again. */
  #asWampError(error: unknown, { procedure }: InvocationHandler): WampError {
    if (isWampError(error)) return error;
    const correlationId = randomId();
    this.#surroundings.onError(
      new Error(`the handler of ${procedure} failed (correlation id ${correlationId})`, { cause: error }),
    );
    return new WampError(RUNTIME_ERROR, { kwargs: { correlation_id: correlationId } });
  }
}

export function identityOf(
  session: Id | undefined,
  authid: string | undefined,
  authrole: string | undefined,
): Identity | undefined {
  if (session === undefined) return undefined;
  return { session, ...(authid !== undefined && { authid }), ...(authrole !== undefined && { authrole }) };
}

/** Who published an event, where it is told. */
export function publisherOf({ publisher, publisher_authid, publisher_authrole }: EventDetails): Identity | undefined {
  return identityOf(publisher, publisher_authid, publisher_authrole);
}

/** A handler may say how its result is packed. An answer to what was packed is packed the same way. */
function packingOf(value: unknown, { packing }: Running): Passthru | undefined {
  return value instanceof WampReply && value.passthru ? value.passthru : packing;
}

function resultPayload(value: unknown): Payload {
  if (value === undefined) return Payload.EMPTY;
  if (value instanceof WampReply) return payloadOf(value);
  return Payload.of([value]);
}

/** Whether a value is to be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function randomId(): string {
  return Array.from({ length: 4 }, () =>
    Math.floor(Math.random() * 2 ** 16)
      .toString(16)
      .padStart(4, "0"),
  ).join("");
}
