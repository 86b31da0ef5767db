import type { Clock } from "../session/clock.js";
import { WampError } from "../wire/error.js";
import type { CancelMode, ErrorDetails } from "../wire/options.js";
import { TIMEOUT } from "../wire/uris.js";
import { answerError } from "./answers.js";
import type { CallFlow } from "./flow/call-flow.js";
import type { PendingCall, PendingCalls } from "./pending-calls.js";
import type { RealmWatch } from "./watch.js";

/** The parts of a dealer that the end of a call concerns. */
export interface CallEndingsParts {
  readonly pending: PendingCalls;
  readonly flow: CallFlow;
  readonly watch: RealmWatch;
  readonly clock: Clock;
}

/** Ends calls: after their answer, with an error, by cancellation or by timeout. */
export class CallEndings {
  readonly #parts: CallEndingsParts;

  constructor(parts: CallEndingsParts) {
    this.#parts = parts;
  }

  /** Removes a call that its callee has answered. */
  answered(pending: PendingCall): void {
    this.drop(pending);
    pending.callee.session.flow?.endedCall();
  }

  /** Removes a call without notifying anyone. */
  drop(pending: PendingCall): void {
    this.#parts.pending.remove(pending);
    this.#parts.flow.over(pending);
  }

  /** Removes a call and answers its caller with an error. */
  fail(pending: PendingCall, error: WampError, details?: ErrorDetails): void {
    this.drop(pending);
    this.#parts.watch.ended(pending, error.uri);
    answerError(pending.caller, { requestType: "CALL", request: pending.call }, error, details);
  }

  /**
   * Cancels a call. `skip` answers the caller at once and does not notify the callee. `killnowait` also interrupts the callee. `kill`
   * interrupts the callee and waits for its answer.
   */
  cancel(pending: PendingCall, { mode, error }: { readonly mode: CancelMode; readonly error: WampError }): void {
    if (mode === "kill" && pending.callee.session.announces("callee", "call_canceling")) {
      pending.interrupted = true;
      interrupt(pending, "kill");
      return;
    }
    this.fail(pending, error);
    if (!pending.interrupted || pending.callee.session.node !== undefined) interrupt(pending, mode);
  }

  /** Starts the timeout of the next answer. `dueMs` is when it ends, if it began with another callee. */
  startTimer(pending: PendingCall, dueMs?: number): void {
    pending.stopTimer();
    const { timeoutMs } = pending;
    if (timeoutMs === 0) return;
    const { clock } = this.#parts;
    const nowMs = clock.now();
    const leftMs = dueMs === undefined ? timeoutMs : Math.min(Math.max(0, dueMs - nowMs), timeoutMs); // the clock may have been set back
    pending.dueMs = nowMs + leftMs;
    const error = new WampError(TIMEOUT, { args: [`no answer within ${timeoutMs} ms`] });
    pending.stopTimer = clock.after(leftMs, () => this.cancel(pending, { mode: "killnowait", error }));
  }
}

/** Notifies a callee of a canceled call, if it supports that. Another router is always notified. */
export function interrupt({ callee: { session }, invocation }: PendingCall, mode: CancelMode): void {
  if (session.node === undefined && (mode === "skip" || !session.announces("callee", "call_canceling"))) return;
  session.send({ type: "INTERRUPT", request: invocation, options: { mode } });
}
