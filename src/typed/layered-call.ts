import type { Call } from "../peer/call.js";
import type { CallStack } from "../peer/call-stack.js";
import { type CallReading, DeferredCall } from "../peer/deferred-call.js";
import { canceled } from "../peer/failures.js";
import { pickCallOptions } from "../peer/request-options.js";
import type { CallOptions } from "../peer/types.js";
import type { CancelMode } from "../wire/options.js";
import type { DeclaredError, TypedCallMapping } from "./call-mapping.js";
import { extend, type Middleware, type MiddlewareCall, runThrough } from "./middleware.js";

type TypedCall = Call<unknown, unknown, DeclaredError>;

/** The parts of a call through middleware. */
export interface LayeredCallParts {
  readonly use: readonly Middleware[];
  readonly call: MiddlewareCall;
  /** Starts the call for the innermost layer, which may do so any number of times. */
  readonly start: (options: CallOptions) => TypedCall;
  readonly failure: TypedCallMapping["failure"];
  readonly callStack: CallStack | undefined;
}

/** A call through middleware. Middleware sees the input as given and the result as the caller gets it. */
export class LayeredCall extends DeferredCall<unknown, unknown, unknown, DeclaredError> {
  readonly #parts: LayeredCallParts;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#stop();
  #current: TypedCall | undefined;
  #isGivenUp = false;

  constructor(parts: LayeredCallParts) {
    super();
    this.#parts = parts;
    this.#signal = (parts.call.context as CallOptions).signal;
    this.#signal?.addEventListener("abort", this.#onAbort);
  }

  get procedure(): string {
    return this.#parts.call.uri;
  }

  protected override get reading(): CallReading<unknown, unknown> {
    return { progress: (value) => value, failure: this.#parts.failure };
  }

  protected override get callStack(): CallStack | undefined {
    return this.#parts.callStack;
  }

  protected override unseen(error: unknown): void {
    this.#parts.call.peer.onError(error);
  }

  start(): void {
    const { use, call, start } = this.#parts;
    runThrough(use, call, (added) => this.#relay(() => start(pickCallOptions(extend(call.context, added))))).then(
      (value) => this.succeed(value),
      (error: unknown) => this.reject(error),
    );
  }

  protected override giveUp(mode: CancelMode | undefined): void {
    this.#stop();
    this.#current?.cancel(mode);
  }

  protected override release(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  /** Prevents further calls. The current call handles the signal itself. */
  #stop(): void {
    this.#isGivenUp = true;
    if (!this.#current) this.reject(canceled());
  }

  async #relay(start: () => TypedCall): Promise<unknown> {
    if (this.#isGivenUp) throw canceled();
    const current = start();
    this.#current = current;
    try {
      for await (const value of current) this.progressed(value);
      return await current;
    } catch (error) {
      if (this.#isGivenUp) this.reject(error);
      throw error;
    } finally {
      this.#current = undefined;
    }
  }
}
