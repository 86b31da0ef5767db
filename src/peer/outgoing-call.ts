import type { Clock } from "../session/clock.js";
import { isWampError, ProtocolViolation, WampError } from "../wire/error.js";
import { EMPTY_DICT } from "../wire/fields.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { CancelMode } from "../wire/options.js";
import type { Arguments } from "../wire/payload.js";
import { CANCELED, DISCONNECTED, NO_SUCH_PROCEDURE, UNAVAILABLE } from "../wire/uris.js";
import type { CallStack } from "./call-stack.js";
import { ChunkSender } from "./chunk-sender.js";
import type { ClientSession } from "./client-session.js";
import { DeferredCall } from "./deferred-call.js";
import { canceled, timedOut } from "./failures.js";
import { limitsOf, type Offline, type OfflineLimits } from "./offline.js";
import { estimateBytes, type OfflineQueue, UNBOUNDED } from "./offline-queue.js";
import { payloadOf, toCallOptions } from "./request-options.js";
import type { Answer, Pending } from "./requests.js";
import type { CallerPeer, CallMapping, CallRequest, WampResult } from "./types.js";

/** The maximum number of times that a call is sent again. */
const MAX_REPEATS = 3;

/**
 * A router that shuts down sends answers and GOODBYE at the same time. This is the longest wait of such an answer for GOODBYE, in
 * milliseconds.
 */
const GOODBYE_WAIT_MS = 250;
const MAY_BE_SHUTDOWN: ReadonlySet<string> = new Set([CANCELED, UNAVAILABLE]);

/**
 * The longest wait between two attempts while a callee may be reconnecting, in milliseconds. The first wait is a sixteenth of it.
 */
const LATE_CALLEE_MS = 800;

/** The peer of a call. */
export interface CallHost extends Pick<CallerPeer, "state" | "on" | "onError"> {
  readonly clock: Clock;
  /** Whether a lost session is replaced. */
  readonly reconnects: boolean;
  /** Whether there is no session, but the peer is reconnecting. */
  readonly isAway: boolean;
  /** Whether the peer has just reconnected. Others may still be reconnecting. */
  readonly isBack: boolean;
  readonly offline: OfflineQueue;
  readonly offlineDefault: Offline | undefined;
  /** Throws `wampact.error.disconnected` if no session is established. */
  requireSession(): ClientSession;
}

/** A call from its arguments to its outcome. It sends the CALL, and handles its answers. */
export class OutgoingCall<Input, Result, Progress, Declared>
  extends DeferredCall<WampResult, Result, Progress, Declared>
  implements Pending
{
  readonly #host: CallHost;
  readonly #mapping: CallMapping<Input, Result, Progress>;
  readonly #call: CallRequest<Input>;
  #wire: m.Call["options"] = EMPTY_DICT;
  #given: Arguments | undefined;
  #session: ClientSession | undefined; // while an answer is due
  #answered = false;
  #givenUp = false;
  #sent = 0; // number of attempts, except those without a callee
  #kept = false; // it waited for a session
  #missed = 0; // number of attempts without a callee
  #request: Id = 0;
  #chunks: ChunkSender | undefined;
  #deadline: number | undefined; // of all attempts together, in milliseconds since 1970
  #stopTimer: (() => void) | undefined;
  #stopWaiting: (() => void) | undefined; // for a session, or for a GOODBYE
  #onAbort: (() => void) | undefined;

  constructor(host: CallHost, mapping: CallMapping<Input, Result, Progress>, call: CallRequest<Input>) {
    super();
    this.#host = host;
    this.#mapping = mapping;
    this.#call = call;
  }

  get requestType(): "CALL" {
    return "CALL";
  }

  get answer(): "RESULT" {
    return "RESULT";
  }

  get procedure(): string {
    return this.#call.procedure;
  }

  protected override get reading(): CallMapping<Input, Result, Progress> {
    return this.#mapping;
  }

  protected override get callStack(): CallStack | undefined {
    return this.#call.callStack;
  }

  protected override unseen(error: unknown): void {
    this.#host.onError(error);
  }

  /**
   * Sends the call, at once unless its arguments are asynchronous. Throws `TypeError` for invalid options, and the error of
   * `unsent`.
   */
  start(): void {
    const { input, options } = this.#call;
    const wire = toCallOptions(options);
    this.#wire = this.#mapping.idempotent ? { ...wire, _idempotent: true } : wire; // an extension that other routers ignore
    const { signal, timeoutMs = 0 } = options;
    if (signal?.aborted) return this.reject(canceled());
    if (signal) {
      this.#onAbort = () => this.cancel();
      signal.addEventListener("abort", this.#onAbort);
    }
    if (this.#mapping.idempotent && timeoutMs > 0) this.#deadline = this.#host.clock.now() + timeoutMs;
    let given: Arguments | Promise<Arguments>;
    try {
      given = this.#mapping.arguments(input);
    } catch (error) {
      return this.reject(error);
    }
    if (!(given instanceof Promise)) return this.#beginFirst(given);
    given.then((values) => this.#beginFirst(values)).catch((error) => this.reject(error));
  }

  settle(answer: Answer): void {
    if (answer.type !== "RESULT") return; // `ClientSession` has compared the types
    const { details } = answer;
    let value: WampResult;
    try {
      const { args, kwargs } = this.#standing.schemes.unpack(answer.payload, details, this.procedure);
      value = { args, kwargs, details: { ...details } };
    } catch (error) {
      if (details.progress) this.#sendCancel("killnowait");
      return this.#abandon(error);
    }
    if (details.progress) {
      this.#startTimer(); // with progress, the limit applies to the gap between answers
      this.progressed(value);
    } else this.#succeedWith(value);
  }

  /** Handles an ERROR, or the loss of the session. `goingDown`: the router answered this because it is draining. */
  fail(error: WampError, goingDown?: boolean): void {
    const session = this.#session;
    this.#session = undefined;
    this.#chunks?.stop();
    if (goingDown && this.#awaitSuccessor(error)) return;
    if (error.uri === NO_SUCH_PROCEDURE && this.#mayWaitForCallee) return this.#awaitCallee(error);
    if (!this.#maySendAgain(error)) return this.reject(error);
    this.#stopTimer?.();
    if (session && error.uri !== DISCONNECTED) return this.#awaitShutdown(session, error);
    void Promise.resolve().then(() => this.#resume(error)); // by then the peer has handled the loss of its session
  }

  protected override giveUp(mode: CancelMode = this.#call.options.cancelMode ?? "killnowait"): void {
    if (this.#answered) return; // its result is being read
    this.#givenUp = true;
    if (!this.#session) return this.reject(canceled());
    if (!this.#sendCancel(mode) || mode !== "kill") return this.#abandon(canceled());
    this.#after(this.#call.options.cancelTimeoutMs ?? 5_000, () => this.#abandon(canceled()));
  }

  protected override reject(error: unknown): void {
    if (!isWampError(error) || error.uri !== DISCONNECTED) return super.reject(error);
    const { uri, args, kwargs, cause } = error; // shared by all calls of a session, or a callee's own
    super.reject(new WampError(uri, { args, kwargs: { ...kwargs, sent: this.#sent > 0 }, cause }));
  }

  protected override release(): void {
    this.#stopTimer?.();
    this.#stopWaiting?.();
    this.#chunks?.stop();
    if (this.#onAbort) this.#call.options.signal?.removeEventListener("abort", this.#onAbort);
  }

  #beginFirst(given: Arguments): void {
    try {
      this.#begin(given);
    } catch (error) {
      const { unsent } = this.#mapping;
      if (unsent) return this.reject(unsent(error));
      this.release();
      throw error;
    }
  }

  #begin(given: Arguments): void {
    if (this.settled) return; // canceled while its arguments were created
    this.#given = given;
    if (this.#host.isAway && this.#parked(given)) return;
    try {
      this.#send(this.#host.requireSession(), given);
    } catch (error) {
      if (!isWampError(error)) throw error;
      this.fail(error);
    }
  }

  /** Starts waiting for a session with the current arguments, if possible. Returns whether it waits. */
  #parked(given: Arguments): boolean {
    const limits = this.#offlineLimits;
    if (!limits) return false;
    const kept = payloadOf(given).copy();
    this.#given = kept;
    this.#kept = true;
    const { timeoutMs = 0 } = this.#call.options;
    if (timeoutMs > 0) this.#deadline ??= this.#host.clock.now() + timeoutMs; // the limit includes the wait
    this.#sendWhenReady(limits, estimateBytes(kept));
    return true;
  }

  get #offlineLimits(): Required<OfflineLimits> | undefined {
    const { offline = this.#host.offlineDefault ?? (this.#mapping.idempotent ? "wait" : "fail") } = this.#call.options;
    return limitsOf(offline);
  }

  #send(session: ClientSession, given: Arguments): void {
    const { procedure, options } = this.#call;
    const { chunks } = options;
    if (chunks) session.require("dealer", "progressive_call_invocations");
    const packing = options.passthru ?? session.schemes.packing(procedure);
    if (packing) session.require("dealer", "payload_passthru_mode");
    const sent = payloadOf(given);
    const packed = packing && session.schemes.pack(sent, packing);
    const request = session.nextRequest();
    this.#request = request;
    this.#session = session;
    const payload = packed?.payload ?? sent;
    session.requests.begin({ type: "CALL", request, options: this.#optionsOf(packed?.keys), procedure, payload }, this);
    this.#sent++;
    this.#startTimer();
    if (chunks) this.#sendChunks(new ChunkSender(chunks, { session, request, procedure, packing }, this.#host.onError));
  }

  #optionsOf(packed: m.Call["options"] | undefined): m.Call["options"] {
    const { chunks, resourceKey } = this.#call.options;
    if (!packed && !chunks && resourceKey === undefined && this.#deadline === undefined) return this.#wire;
    return {
      ...this.#wire,
      ...(this.#deadline !== undefined && { timeout: this.#leftMs(this.#deadline) }),
      ...(resourceKey !== undefined && { runmode: "partition" }),
      ...(chunks && { progress: true }),
      ...packed,
    };
  }

  #sendChunks(sender: ChunkSender): void {
    this.#chunks = sender;
    sender.run().catch((error: unknown) => {
      if (this.settled) return;
      this.#sendCancel("killnowait");
      this.#abandon(error);
    });
  }

  #succeedWith(value: WampResult): void {
    this.#answered = true;
    this.#session = undefined;
    this.#stopTimer?.();
    this.#chunks?.stop();
    try {
      const result = this.#mapping.result(value);
      if (!(result instanceof Promise)) return this.succeed(result);
      result.then(
        (read) => this.succeed(read),
        (error: unknown) => this.reject(error),
      );
    } catch (error) {
      this.reject(error);
    }
  }

  /**
   * Returns whether a lost call may be sent again. After a protocol violation, the peer does not send it again: the same
   * unreadable answer would end the next session too.
   */
  #maySendAgain({ uri, cause }: WampError): boolean {
    if (this.#sent === 0) return uri === DISCONNECTED && this.#offlineLimits !== undefined;
    if (!this.#mapping.idempotent || this.#givenUp) return false;
    if (uri !== DISCONNECTED && !(this.#host.reconnects && MAY_BE_SHUTDOWN.has(uri))) return false;
    return this.#sent <= MAX_REPEATS && !(cause instanceof ProtocolViolation);
  }

  /** Whether the callee may be reconnecting. No callee has received the call, so it is safe to send it again. */
  get #mayWaitForCallee(): boolean {
    if (this.#givenUp || !this.#host.isBack || this.#call.options.chunks) return false;
    return this.#mapping.idempotent || this.#kept;
  }

  #awaitCallee(missing: WampError): void {
    this.#sent--;
    const waitMs = Math.min(LATE_CALLEE_MS, (LATE_CALLEE_MS / 16) * 2 ** this.#missed++);
    const leftMs = this.#deadline === undefined ? waitMs : this.#leftMs(this.#deadline);
    this.#after(Math.min(waitMs, leftMs), () => (waitMs <= leftMs ? this.#resume(missing) : this.reject(missing)));
  }

  /** Starts waiting for the next session, if possible. A draining router has not run calls that it answers as unavailable. */
  #awaitSuccessor({ uri }: WampError): boolean {
    const { chunks } = this.#call.options;
    if (this.#givenUp || chunks || !this.#host.reconnects) return false;
    if (uri === UNAVAILABLE) this.#sent--;
    else if (!this.#mapping.idempotent || this.#sent > MAX_REPEATS) return false;
    return this.#parked(this.#given as Arguments); // it has started before
  }

  /** Sends the call again if the router shuts down. Otherwise it fails with the answer. */
  #awaitShutdown(session: ClientSession, answer: WampError): void {
    this.#stopWaiting = this.#host.on("state", () => {
      this.#stopWaiting?.();
      if (!session.shutDown) return this.reject(answer);
      this.#stopTimer?.();
      this.#resume(answer);
    });
    const { clock } = this.#host;
    const leftMs = this.#deadline === undefined ? GOODBYE_WAIT_MS : this.#leftMs(this.#deadline);
    this.#stopTimer = clock.after(Math.min(GOODBYE_WAIT_MS, leftMs), () => this.reject(answer));
  }

  /** Sends an idempotent call again when the peer has reconnected. */
  #resume(lost: WampError): void {
    if (this.settled) return;
    const { state } = this.#host;
    if (state === "closed" || state === "left") return this.reject(lost);
    if (state === "ready" || this.#sent === 0) return this.#again();
    this.#sendWhenReady(UNBOUNDED, 0);
  }

  /** Its time limit includes the wait. */
  #sendWhenReady(limits: Required<OfflineLimits>, bytes: number): void {
    try {
      const waiting = { bytes, send: () => this.#again(), fail: (error: WampError) => this.reject(error) };
      this.#stopWaiting = this.#host.offline.add(waiting, limits);
      this.#startTimer();
    } catch (error) {
      this.reject(error); // too many requests wait
    }
  }

  #again(): void {
    try {
      this.#begin(this.#given as Arguments); // it has started before
    } catch (error) {
      this.reject(error);
    }
  }

  get #standing(): ClientSession {
    return this.#session as ClientSession; // only a sent call gets an answer
  }

  #startTimer(): void {
    const { timeoutMs = 0 } = this.#call.options;
    this.#after(this.#deadline === undefined ? timeoutMs : this.#leftMs(this.#deadline), () => {
      if (!this.#session) return this.reject(timedOut(timeoutMs));
      this.#sendCancel("killnowait");
      this.#abandon(timedOut(timeoutMs));
    });
  }

  /** Returns the remaining time, at least 1, because 0 means no limit. */
  #leftMs(deadline: number): number {
    return Math.max(1, deadline - this.#host.clock.now());
  }

  /** Starts the single timer of the call. 0 is no timer. */
  #after(limitMs: number, run: () => void): void {
    this.#stopTimer?.();
    this.#stopTimer = limitMs > 0 ? this.#host.clock.after(limitMs, run) : undefined;
  }

  /** Returns false if the call cannot be canceled at the router. */
  #sendCancel(mode: CancelMode): boolean {
    const session = this.#standing;
    if (!session.announces("dealer", "call_canceling")) return false;
    try {
      return session.send({ type: "CANCEL", request: this.#request, options: { mode } });
    } catch (error) {
      this.#host.onError(error); // signals and timers cancel calls, too
      return false;
    }
  }

  /** Settles the call without an answer. A later answer is dropped. */
  #abandon(error: unknown): void {
    this.#session?.requests.forget(this.#request);
    this.#session = undefined;
    this.reject(error);
  }
}
