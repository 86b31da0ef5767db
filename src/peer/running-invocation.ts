import type { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { Passthru } from "../wire/options.js";
import type { Arguments, Payload } from "../wire/payload.js";
import { BoundedQueue } from "./bounded-queue.js";
import { STREAM_LIMIT } from "./deferred-call.js";
import { identityOf } from "./identity.js";
import { payloadOf } from "./request-options.js";
import type { Identity, Invocation, WampChunk } from "./types.js";

/** Answers one invocation. It receives the procedure's URI, because the wire has it only for patterns. */
export interface InvocationHandler {
  readonly procedure: string;
  handle(invocation: Invocation): unknown;
}

/** A received invocation with readable values. */
export interface ReceivedInvocation {
  readonly message: m.Invocation;
  readonly handler: InvocationHandler;
  readonly values: Arguments;
  /** The packing of its answers. */
  readonly packing: Passthru | undefined;
}

/** Sends the progress of invocations. */
export interface ProgressOutlet {
  sendProgress(run: RunningInvocation, payload: Payload): void;
  drained(): Promise<void> | undefined;
}

/**
 * An invocation whose handler has not answered yet. Rarely used parts are created on demand: an `AbortSignal` costs more than all
 * the rest.
 */
export class RunningInvocation implements Invocation {
  readonly request: Id;
  readonly handler: InvocationHandler;
  readonly packing: Passthru | undefined;
  readonly procedure: string;
  readonly args: Invocation["args"];
  readonly kwargs: Invocation["kwargs"];
  readonly details: Invocation["details"];
  readonly caller: Identity | undefined;
  /** Stops the timer of an invocation whose time limit the dealer left to the callee. The limit starts again with each answer. */
  stopTimer: (() => void) | undefined;
  readonly #outlet: ProgressOutlet;
  readonly #chunks: BoundedQueue<WampChunk> | undefined;
  #controller: AbortController | undefined;
  #aborted: WampError | undefined;

  constructor({ message: { request, details }, handler, values, packing }: ReceivedInvocation, outlet: ProgressOutlet) {
    this.request = request;
    this.handler = handler;
    this.packing = packing;
    this.procedure = details.procedure ?? handler.procedure;
    this.args = values.args;
    this.kwargs = values.kwargs;
    this.details = { ...details };
    this.caller = identityOf(details.caller, details.caller_authid, details.caller_authrole);
    this.#outlet = outlet;
    if (details.progress) this.#chunks = new BoundedQueue({ limit: STREAM_LIMIT, overflow: "fail" });
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  get progress(): Invocation["progress"] {
    return (args, kwargs) => this.#outlet.sendProgress(this, payloadOf({ args, kwargs }));
  }

  async drained(): Promise<void> {
    await this.#outlet.drained();
  }

  get chunks(): AsyncIterable<WampChunk> {
    return { [Symbol.asyncIterator]: () => this.#chunks?.read({ read: (chunk) => chunk }) ?? nothing() };
  }

  /** Aborts the signal. Loops over the chunks end, because no more of them come. */
  abort(reason: WampError): void {
    this.#aborted ??= reason;
    this.#controller?.abort(reason);
    this.endChunks(reason);
  }

  /** Returns whether an exception only means that the handler obeyed its signal. */
  isAbort(error: unknown): boolean {
    return (
      this.#aborted !== undefined &&
      (error === this.#aborted || (error instanceof Error && error.name === "AbortError"))
    );
  }

  /** Adds a chunk of a progressive call. An empty last chunk only ends the chunks. */
  take(chunk: WampChunk | undefined, more: boolean): void {
    if (chunk) this.#chunks?.push(chunk);
    if (!more) this.endChunks();
  }

  endChunks(error?: unknown): void {
    this.#chunks?.end(error);
  }
}

async function* nothing(): AsyncGenerator<never, void, void> {}
