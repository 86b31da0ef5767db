import type { Clock } from "../session/clock.js";
import { isWampError, WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { EventDetails, Passthru } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import { CANCELED, RUNTIME_ERROR, UNAVAILABLE } from "../wire/uris.js";
import { timedOut } from "./limits.js";
import type { PayloadSchemes } from "./payload-schemes.js";
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

/** An invocation whose handler has not answered yet. */
interface Running {
  readonly controller: AbortController;
  readonly handler: InvocationHandler;
  readonly procedure: string;
  /** How its answers are packed. */
  readonly packing: Passthru | undefined;
  /** What the caller sends after its input; it has ended where nothing more comes. */
  readonly chunks: BoundedStream<WampChunk>;
  /** Where the dealer has left the time limit to us: it counts from the last answer. */
  stopTimer: () => void;
}

/** Where answers go, and what is told of exceptions that only their id leaves for. */
interface Surroundings {
  readonly schemes: PayloadSchemes;
  readonly clock: Clock;
  send(message: m.Message): boolean;
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
    const started: Running = {
      handler,
      procedure: message.details.procedure ?? handler.procedure,
      packing: this.#surroundings.schemes.replying(message.details),
      controller: new AbortController(),
      chunks: new BoundedStream(),
      stopTimer: () => {},
    };
    if (!message.details.progress) started.chunks.end();
    this.#running.set(message.request, started);
    this.#startTimer(message, started);
    void this.#run(message, started);
  }

  /** Another part of a progressive call. An empty last one only says that there are no more. */
  #continue({ chunks, procedure }: Running, { details, payload }: m.Invocation): void {
    try {
      if (details.progress || !payload.isEmpty) {
        const { args, kwargs } = this.#surroundings.schemes.unpack(payload, details, procedure);
        chunks.push({ args, kwargs, details: { ...details } });
      }
      if (!details.progress) chunks.end();
    } catch (error) {
      chunks.end(error);
    }
  }

  interrupt({ request, options }: m.Interrupt): void {
    this.#running
      .get(request)
      ?.controller.abort(new WampError(options.reason ?? CANCELED, { args: ["canceled by the caller"] }));
  }

  /** The session is over: handlers are told, and nothing is sent any more. */
  end(reason: WampError): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    this.#handlers.clear();
    for (const { controller, chunks, stopTimer } of running) {
      stopTimer();
      controller.abort(reason);
      chunks.end(reason);
    }
  }

  async #run(message: m.Invocation, running: Running): Promise<void> {
    const { request, details, payload } = message;
    const { handler, controller, procedure } = running;
    try {
      const { args, kwargs } = this.#surroundings.schemes.unpack(payload, details, procedure);
      const value = await handler.handle({
        procedure,
        signal: controller.signal,
        caller: identityOf(details.caller, details.caller_authid, details.caller_authrole),
        args,
        kwargs,
        details: { ...details },
        progress: (args, kwargs) => this.#progress(message, running, Payload.of(args, kwargs)),
        chunks: { [Symbol.asyncIterator]: () => running.chunks.values() },
      });
      if (this.#running.get(request) !== running) return; // the session has ended under the handler, or its time was up
      this.#yield(request, {}, { payload: payloadOf(value), packing: packingOf(value, running) }); // throws what cannot travel
      this.#finish(request, running);
    } catch (error) {
      if (this.#finish(request, running))
        this.#answerError(request, this.#asWampError(error, running), running.packing);
      else if (!isAbort(error, controller)) this.#surroundings.onError(error);
    }
  }

  #progress(message: m.Invocation, running: Running, payload: Payload): void {
    const { request, details } = message;
    if (!details.receive_progress || !this.#running.has(request)) return;
    this.#yield(request, { progress: true }, { payload, packing: running.packing });
    this.#startTimer(message, running);
  }

  #startTimer({ request, details: { timeout = 0 } }: m.Invocation, running: Running): void {
    running.stopTimer();
    if (timeout === 0) return;
    running.stopTimer = this.#surroundings.clock.after(timeout, () => {
      if (!this.#finish(request, running)) return;
      const error = timedOut(timeout);
      running.controller.abort(error);
      this.#answerError(request, error);
    });
  }

  #yield(
    request: Id,
    options: m.Yield["options"],
    { payload, packing }: { readonly payload: Payload; readonly packing: Passthru | undefined },
  ): void {
    const packed = this.#surroundings.schemes.pack(payload, packing);
    this.#send({ type: "YIELD", request, options: { ...options, ...packed.keys }, payload: packed.payload });
  }

  /** False when it has been answered already, or the session has ended under the handler. */
  #finish(request: Id, running: Running): boolean {
    running.stopTimer();
    return this.#running.get(request) === running && this.#running.delete(request);
  }

  #answerError(request: Id, { uri, args, kwargs }: WampError, packing?: Passthru): void {
    const message = { type: "ERROR", requestType: "INVOCATION", request, error: uri } as const;
    try {
      const { payload, keys } = this.#surroundings.schemes.pack(Payload.of(args, kwargs), packing);
      this.#send({ ...message, details: keys, payload });
    } catch (error) {
      this.#surroundings.onError(error); // its arguments cannot travel; the URI can
      this.#send({ ...message, details: {}, payload: Payload.EMPTY });
    }
  }

  #send(message: m.Message): void {
    this.#surroundings.send(message);
  }

  /** An exception that names no URI stays here: only an ID goes out, by which its report is found again. */
  #asWampError(error: unknown, run: Running): WampError {
    if (isWampError(error)) return error;
    if (isAbort(error, run.controller)) return new WampError(CANCELED, { args: ["canceled by the caller"] });
    const correlationId = randomId();
    this.#surroundings.onError(
      new Error(`the handler of ${run.handler.procedure} failed (correlation id ${correlationId})`, { cause: error }),
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

function payloadOf(value: unknown): Payload {
  if (value === undefined) return Payload.EMPTY;
  if (value instanceof WampReply) return Payload.of(value.args, value.kwargs);
  return Payload.of([value]);
}

/** Whether an exception only says that the handler obeyed its signal. */
function isAbort(error: unknown, { signal }: AbortController): boolean {
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === "AbortError"));
}

function randomId(): string {
  return Array.from({ length: 4 }, () =>
    Math.floor(Math.random() * 2 ** 16)
      .toString(16)
      .padStart(4, "0"),
  ).join("");
}
