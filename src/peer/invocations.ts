import { isWampError, WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { EventDetails } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import { CANCELED, RUNTIME_ERROR } from "../wire/uris.js";
import { BoundedStream } from "./stream.js";
import type { Identity, Invocation, WampResult } from "./types.js";

/** Answers one invocation: the procedure's URI comes along, since the wire names it for patterns only. */
export interface InvocationHandler {
  readonly procedure: string;
  handle(invocation: Invocation): unknown;
}

/** Both kinds of arguments at once, as the result of a handler. */
export class WampReply {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;

  constructor(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>) {
    this.args = args;
    this.kwargs = kwargs;
  }
}

/** What a handler returns to answer with several arguments, or with named ones. */
export function result(args: readonly unknown[] = [], kwargs: Readonly<Record<string, unknown>> = {}): WampReply {
  return new WampReply(args, kwargs);
}

/** An invocation whose handler has not answered yet. */
interface Running {
  readonly controller: AbortController;
  readonly handler: InvocationHandler;
  /** What the caller sends after its input; it has ended where nothing more comes. */
  readonly chunks: BoundedStream<WampResult>;
}

/** Where answers go, and what is told of exceptions that only their id leaves for. */
interface Surroundings {
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
    if (!handler)
      return this.#answerError(message.request, new WampError(CANCELED, { args: ["the callee has unregistered"] }));
    const started: Running = { handler, controller: new AbortController(), chunks: new BoundedStream() };
    if (!message.details.progress) started.chunks.end();
    this.#running.set(message.request, started);
    void this.#run(message, started);
  }

  /** Another part of a progressive call. An empty last one only says that there are no more. */
  #continue({ chunks }: Running, { details, payload }: m.Invocation): void {
    const { args, kwargs } = payload;
    if (details.progress || args.length > 0 || Object.keys(kwargs).length > 0)
      chunks.push({ args, kwargs, details: { ...details } });
    if (!details.progress) chunks.end();
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
    for (const { controller, chunks } of running) {
      controller.abort(reason);
      chunks.end(reason);
    }
  }

  async #run(message: m.Invocation, running: Running): Promise<void> {
    const { request, details, payload } = message;
    const { handler, controller } = running;
    try {
      const value = await handler.handle({
        procedure: details.procedure ?? handler.procedure,
        signal: controller.signal,
        caller: identityOf(details.caller, details.caller_authid, details.caller_authrole),
        args: payload.args,
        kwargs: payload.kwargs,
        details: { ...details },
        progress: (args, kwargs) => this.#progress(message, Payload.of(args, kwargs)),
        chunks: { [Symbol.asyncIterator]: () => running.chunks.values() },
      });
      if (this.#running.get(request) !== running) return; // the session has ended under the handler
      this.#send({ type: "YIELD", request, options: {}, payload: payloadOf(value) }); // throws what cannot travel
      this.#running.delete(request);
    } catch (error) {
      if (this.#finish(request, running)) this.#answerError(request, this.#asWampError(error, running));
      else if (!isAbort(error, controller)) this.#surroundings.onError(error);
    }
  }

  #progress({ request, details }: m.Invocation, payload: Payload): void {
    if (!details.receive_progress || !this.#running.has(request)) return;
    this.#send({ type: "YIELD", request, options: { progress: true }, payload });
  }

  /** False when the session has ended under the handler. */
  #finish(request: Id, running: Running): boolean {
    return this.#running.get(request) === running && this.#running.delete(request);
  }

  #answerError(request: Id, { uri, args, kwargs }: WampError): void {
    const message: m.Message = {
      type: "ERROR",
      requestType: "INVOCATION",
      request,
      details: {},
      error: uri,
      payload: Payload.of(args, kwargs),
    };
    try {
      this.#send(message);
    } catch (error) {
      this.#surroundings.onError(error); // its arguments cannot travel; the URI can
      this.#send({ ...message, payload: Payload.EMPTY });
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
