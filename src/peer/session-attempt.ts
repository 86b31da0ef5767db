import type { Clock } from "../session/clock.js";
import type { Transport } from "../transport/transport.js";
import type { ClientSession } from "./client-session.js";
import { disconnected } from "./failures.js";

/** One attempt to establish a session. */
export interface SessionAttempt {
  /** Opens a transport. `signal` cancels it. */
  open(signal: AbortSignal): Promise<Transport>;
  createSession(transport: Transport): ClientSession;
  /** Joins the realm, and restores the entries of the previous session. */
  establish(session: ClientSession): Promise<void>;
  /** Longest time from opening until the session is established, in milliseconds. */
  readonly limitMs: number;
  readonly clock: Clock;
  /** Cancels the attempt, which then rejects with `closingReason`. */
  readonly closing: AbortSignal;
  closingReason(): Error;
}

/** Makes the attempt. It leaves nothing open when it fails. */
export async function attemptSession(attempt: SessionAttempt): Promise<void> {
  const { closing, clock, limitMs } = attempt;
  if (closing.aborted) throw attempt.closingReason();
  const controller = new AbortController(); // AbortSignal.any is missing on platforms such as React Native
  const onClosing = () => controller.abort(attempt.closingReason());
  closing.addEventListener("abort", onClosing);
  let isLate = false;
  const stopTimer = clock.after(limitMs, () => {
    isLate = true;
    controller.abort(new Error(`no answer within ${limitMs} ms`));
  });
  try {
    const session = attempt.createSession(await attempt.open(controller.signal));
    const abandon = () => session.close(isLate ? `no WELCOME within ${limitMs} ms` : "closed by the application");
    controller.signal.addEventListener("abort", abandon);
    try {
      if (controller.signal.aborted) abandon();
      await attempt.establish(session);
      if (!session.details) throw disconnected("the connection was lost while the session was restored");
    } catch (error) {
      session.close("the attempt to connect failed");
      throw error;
    } finally {
      controller.signal.removeEventListener("abort", abandon);
    }
  } catch (error) {
    throw closing.aborted ? attempt.closingReason() : error;
  } finally {
    closing.removeEventListener("abort", onClosing);
    stopTimer();
  }
}
