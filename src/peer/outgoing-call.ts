import { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { CancelMode, Passthru } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import { FEATURE_NOT_SUPPORTED } from "../wire/uris.js";
import { type CallSource, PendingCall } from "./call.js";
import type { Answer, ClientSession, Pending } from "./client-session.js";
import { canceled, timedOut } from "./failures.js";
import { noPassthru } from "./payload-schemes.js";
import { payloadOf, toCallOptions } from "./request-options.js";
import type { Chunk, UntypedCallOptions, WampResult } from "./types.js";

/** A call to be sent. */
export interface CallRequest {
  readonly procedure: string;
  readonly payload: Payload;
  readonly options: UntypedCallOptions;
}

/** A CALL of ours and what waits for its answer: it settles `call` by what comes. */
export class OutgoingCall implements Pending, CallSource {
  readonly call: PendingCall<WampResult, WampResult> = new PendingCall(this);
  readonly onUnseen: (error: unknown) => void;
  procedure = "";
  #session: ClientSession | undefined; // from when it is sent
  #options: UntypedCallOptions = {};
  #request: Id = 0;
  #stopTimer: (() => void) | undefined;
  #onAbort: (() => void) | undefined;

  constructor(onUnseen: (error: unknown) => void) {
    this.onUnseen = onUnseen;
  }

  get requestType(): "CALL" {
    return "CALL";
  }

  get answer(): "RESULT" {
    return "RESULT";
  }

  /** Sends it. Throws what kept it from being sent. */
  send(session: ClientSession, { procedure, payload, options }: CallRequest): void {
    const wire = toCallOptions(options);
    const { signal, chunks } = options;
    if (signal?.aborted) throw canceled();
    if (chunks && !session.announces("dealer", "progressive_call_invocations")) throw noChunks();
    const packing = options.passthru ?? session.schemes.packing(procedure);
    if (packing && !session.announces("dealer", "payload_passthru_mode")) throw noPassthru();
    const packed = session.schemes.pack(payload, packing);
    if (options.resourceKey !== undefined) wire.runmode = "partition";
    if (chunks) wire.progress = true;
    if (packed.keys) Object.assign(wire, packed.keys);

    this.procedure = procedure;
    this.#options = options;
    this.#session = session;
    this.#request = session.request(
      (request) => ({ type: "CALL", request, options: wire, procedure, payload: packed.payload }),
      this,
    );
    if (signal) {
      this.#onAbort = () => this.cancel();
      signal.addEventListener("abort", this.#onAbort);
    }
    this.#startTimer();
    if (chunks) {
      const stream = { session, request: this.#request, procedure, packing };
      sendChunks(chunks, stream).catch((error: unknown) => {
        this.#sendCancel("killnowait");
        this.#giveUp(error);
      });
    }
  }

  settle(answer: Answer): void {
    if (answer.type !== "RESULT") return; // `ClientSession` has compared the types
    const { details, payload } = answer;
    let value: WampResult;
    try {
      const { args, kwargs } = this.#standing.schemes.unpack(payload, details, this.procedure);
      value = { args, kwargs, details: { ...details } };
    } catch (error) {
      if (details.progress) this.#sendCancel("killnowait");
      return this.#giveUp(error);
    }
    if (details.progress) {
      this.#startTimer(); // with progress, the limit is on the gap between answers
      this.call.progress(value);
    } else {
      this.#done();
      this.call.succeed(value);
    }
  }

  fail(error: WampError): void {
    this.#done();
    this.call.fail(error);
  }

  cancel(mode: CancelMode = this.#options.cancelMode ?? "killnowait"): void {
    if (!this.#session) return;
    if (!this.#sendCancel(mode) || mode !== "kill") return this.#giveUp(canceled());
    this.#after(this.#options.cancelTimeoutMs ?? 5_000, () => this.#giveUp(canceled()));
  }

  get #standing(): ClientSession {
    return this.#session as ClientSession; // an answer comes to what was sent
  }

  #startTimer(): void {
    const { timeoutMs = 0 } = this.#options;
    this.#after(timeoutMs, () => {
      this.#sendCancel("killnowait");
      this.#giveUp(timedOut(timeoutMs));
    });
  }

  /** The one timer of the call; 0 is none. */
  #after(limitMs: number, run: () => void): void {
    this.#stopTimer?.();
    this.#stopTimer = limitMs > 0 ? this.#standing.clock.after(limitMs, run) : undefined;
  }

  /** False where the router could not do anything about it. */
  #sendCancel(mode: CancelMode): boolean {
    const session = this.#standing;
    return (
      session.announces("dealer", "call_canceling") &&
      session.send({ type: "CANCEL", request: this.#request, options: { mode } })
    );
  }

  #giveUp(error: unknown): void {
    this.#done();
    this.#standing.forget(this.#request);
    this.call.fail(error);
  }

  #done(): void {
    this.#stopTimer?.();
    if (this.#onAbort) this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }
}

/**
 * Sends chunks as they come, and takes no more while many wait to be sent; then the word that there are no more. Stops when the call is
 * over.
 */
async function sendChunks(
  chunks: AsyncIterable<Chunk>,
  {
    session,
    request,
    procedure,
    packing,
  }: {
    readonly session: ClientSession;
    readonly request: number;
    readonly procedure: string;
    readonly packing: Passthru | undefined;
  },
): Promise<void> {
  const send = (payload: Payload, options: m.Call["options"]) =>
    session.continue(request, { type: "CALL", request, options, procedure, payload });
  for await (const chunk of chunks) {
    const packed = session.schemes.pack(payloadOf(chunk), packing);
    if (!send(packed.payload, { progress: true, ...packed.keys })) return;
    await session.drained();
  }
  send(Payload.EMPTY, {});
}

function noChunks(): WampError {
  return new WampError(FEATURE_NOT_SUPPORTED, { args: ["the router has not announced progressive_call_invocations"] });
}
