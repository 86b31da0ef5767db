import { IdTable } from "#id-table";
import type { Clock } from "../session/clock.js";
import { isWampError, WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { Passthru } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import { isEmptyPayload } from "../wire/payload-bytes.js";
import { isThenable } from "../wire/thenable.js";
import { CANCELED, isUri, RUNTIME_ERROR, UNAVAILABLE } from "../wire/uris.js";
import { canceled, timedOut } from "./failures.js";
import type { PayloadPacking } from "./payload-schemes.js";
import { replyPayload, WampReply } from "./reply.js";
import { payloadOf } from "./request-options.js";
import { type InvocationHandler, type ProgressOutlet, RunningInvocation } from "./running-invocation.js";

/** The length from which on a URI may be the reason that an ERROR cannot be sent. */
const LONG_URI = 256;

/** The session of invocations. It sends their answers. `onError` receives exceptions whose callers get only an ID. */
export interface InvocationHost {
  readonly schemes: PayloadPacking;
  readonly clock: Clock;
  send(message: m.Message): boolean;
  drained(): Promise<void> | undefined;
  onError(error: unknown): void;
  /** Ends the session, because not even an empty ERROR can be sent. */
  failed(error: unknown): void;
}

/** A handler that receives no new invocations, with the number of unanswered ones and the waiters for them. */
interface Draining {
  left: number;
  resolve(): void;
}

/** The invocations of one session. Each is answered exactly once, whatever its handler does. */
export class Invocations implements ProgressOutlet {
  readonly #host: InvocationHost;
  readonly #handlers = new Map<Id, InvocationHandler>(); // by registration
  #running = new IdTable<RunningInvocation>(); // by INVOCATION.Request
  readonly #draining = new Map<InvocationHandler, Draining>();
  #highest: Id = 0; // highest INVOCATION.Request so far

  constructor(host: InvocationHost) {
    this.#host = host;
  }

  handle(registration: Id, handler: InvocationHandler): void {
    this.#handlers.set(registration, handler);
  }

  unhandle(registration: Id): void {
    this.#handlers.delete(registration);
  }

  /**
   * Resolves when the running invocations of a handler are answered, or the session has ended. The handler must receive no new
   * ones.
   */
  answered(handler: InvocationHandler): Promise<void> {
    let left = 0;
    for (const run of this.#running.values()) if (run.handler === handler) left++;
    if (left === 0) return Promise.resolve();
    return new Promise((resolve) => this.#draining.set(handler, { left, resolve }));
  }

  receive(message: m.Invocation | m.Interrupt): void {
    if (message.type === "INVOCATION") this.#invoke(message);
    else this.#interrupt(message);
  }

  #invoke(message: m.Invocation): void {
    const running = this.#running.get(message.request);
    if (running) return this.#continue(running, message);
    if (message.request <= this.#highest) return; // a chunk that crossed our answer
    this.#highest = message.request;
    const handler = this.#handlers.get(message.registration);
    // It crossed our UNREGISTER. A dealer with support for this routes it to the next callee.
    if (!handler)
      return this.#answerError(message.request, new WampError(UNAVAILABLE, { args: ["the callee has unregistered"] }));
    const { details, payload } = message;
    const { schemes } = this.#host;
    const packing = schemes.replying(details);
    const procedure = details.procedure ?? handler.procedure;
    let run: RunningInvocation;
    try {
      const values = schemes.unpack(payload, details, procedure);
      run = new RunningInvocation({ message, handler, values, packing }, this);
    } catch (error) {
      return this.#answerError(message.request, this.#asWampError(error, procedure), packing);
    }
    this.#running.add(message.request, run);
    this.#startTimer(run);
    this.#handle(run);
  }

  #continue(run: RunningInvocation, { details, payload }: m.Invocation): void {
    try {
      const isChunk = details.progress || !isEmptyPayload(payload);
      const values = isChunk && this.#host.schemes.unpack(payload, details, run.procedure);
      run.take(
        values ? { args: values.args, kwargs: values.kwargs, details: { ...details } } : undefined,
        details.progress === true,
      );
    } catch (error) {
      run.endChunks(error);
    }
  }

  /** Answers an invocation with an unreadable payload, or ends a running one. */
  refuse({ request }: m.Invocation, error: WampError): void {
    const run = this.#running.get(request);
    if (run) return run.endChunks(error);
    if (request <= this.#highest) return;
    this.#highest = request;
    this.#answerError(request, error);
  }

  #interrupt({ request, options }: m.Interrupt): void {
    this.#running.get(request)?.abort(new WampError(options.reason ?? CANCELED, { args: ["canceled by the caller"] }));
  }

  /** Called when the session has ended. It aborts the handlers, and nothing is sent any more. */
  end(reason: WampError): void {
    const running = [...this.#running.values()];
    this.#running = new IdTable();
    this.#handlers.clear();
    for (const run of running) {
      run.stopTimer?.();
      run.abort(reason);
    }
    for (const { resolve } of this.#draining.values()) resolve();
    this.#draining.clear();
  }

  /** Runs the handler, and answers in the same turn if the handler does. */
  #handle(run: RunningInvocation): void {
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

  #answer(run: RunningInvocation, value: unknown): void {
    if (this.#running.get(run.request) !== run) return; // the session has ended in the meantime, or the time was up
    try {
      this.#yield(run, {}, { payload: replyPayload(value), packing: packingOf(value, run) }); // throws for values that cannot be sent
      this.#finish(run);
    } catch (error) {
      this.#failed(run, error);
    }
  }

  #failed(run: RunningInvocation, error: unknown): void {
    const obeyed = run.isAbort(error);
    if (this.#finish(run)) {
      const told = obeyed && !isWampError(error) ? canceled() : this.#asWampError(error, run.procedure);
      this.#answerError(run.request, told, run.packing);
    } else if (!obeyed) this.#host.onError(error);
  }

  /** Drops progress that the caller did not request, and progress after the answer. */
  sendProgress(run: RunningInvocation, payload: Payload): void {
    if (!run.details.receive_progress || this.#running.get(run.request) === undefined) return;
    this.#yield(run, { progress: true }, { payload, packing: run.packing });
    this.#startTimer(run);
  }

  drained(): Promise<void> | undefined {
    return this.#host.drained();
  }

  #startTimer(run: RunningInvocation): void {
    const { timeout = 0 } = run.details;
    if (timeout === 0) return;
    run.stopTimer?.();
    run.stopTimer = this.#host.clock.after(timeout, () => {
      if (!this.#finish(run)) return;
      const error = timedOut(timeout);
      run.abort(error);
      this.#answerError(run.request, error);
    });
  }

  #yield(
    { request, procedure }: RunningInvocation,
    options: m.Yield["options"],
    { payload, packing }: { readonly payload: Payload; readonly packing: Passthru | undefined },
  ): void {
    const packed = this.#host.schemes.pack(payload, packing);
    const all = packed.keys ? { ...options, ...packed.keys } : options;
    try {
      this.#host.send({ type: "YIELD", request, options: all, payload: packed.payload });
    } catch (error) {
      if (isWampError(error)) this.#host.onError(tooLarge(procedure, error)); // the caller gets an ERROR
      throw error;
    }
  }

  /** Returns false if it has already been answered, or the session has ended. */
  #finish(run: RunningInvocation): boolean {
    run.stopTimer?.();
    if (this.#running.get(run.request) !== run) return false;
    if (this.#draining.size > 0) this.#drain(run.handler);
    this.#running.delete(run.request);
    return true;
  }

  #drain(handler: InvocationHandler): void {
    const draining = this.#draining.get(handler);
    if (!draining || --draining.left > 0) return;
    this.#draining.delete(handler);
    draining.resolve();
  }

  #answerError(request: Id, { uri, args, kwargs }: WampError, packing?: Passthru): void {
    const message = { type: "ERROR", requestType: "INVOCATION", request, error: uri } as const;
    try {
      const { payload, keys } = this.#host.schemes.pack(payloadOf({ args, kwargs }), packing);
      this.#host.send({ ...message, details: keys ?? {}, payload });
    } catch (error) {
      this.#host.onError(error); // its arguments cannot be sent, and its URI only if it is valid and short
      this.#answerBare(request, isUri(uri) && uri.length < LONG_URI ? uri : RUNTIME_ERROR);
    }
  }

  #answerBare(request: Id, error: string): void {
    try {
      this.#host.send({
        type: "ERROR",
        requestType: "INVOCATION",
        request,
        error,
        details: {},
        payload: Payload.EMPTY,
      });
    } catch (unsent) {
      this.#host.failed(unsent);
    }
  }

  /** Returns the error for an exception without a URI. Only an ID is sent, which identifies the local report of the exception. */
  #asWampError(error: unknown, procedure: string): WampError {
    if (isWampError(error)) return error;
    const correlationId = createCorrelationId();
    this.#host.onError(
      new Error(`the handler of ${procedure} failed (correlation id ${correlationId})`, { cause: error }),
    );
    return new WampError(RUNTIME_ERROR, { kwargs: { correlation_id: correlationId } });
  }
}

function tooLarge(procedure: string, cause: WampError): Error {
  return new Error(`an answer to ${procedure} was not sent: ${cause.message}`, { cause });
}

/** Returns the packing of an answer: the handler's choice, otherwise the packing of the call. */
function packingOf(value: unknown, { packing }: RunningInvocation): Passthru | undefined {
  return value instanceof WampReply && value.passthru ? value.passthru : packing;
}

/** Returns an ID that links a caller's error to the report at the callee. It need not be secret. */
function createCorrelationId(): string {
  return Array.from({ length: 4 }, () =>
    Math.floor(Math.random() * 2 ** 16)
      .toString(16)
      .padStart(4, "0"),
  ).join("");
}
