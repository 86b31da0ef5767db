import type { Clock } from "../session/clock.js";
import type { Transport } from "../transport/transport.js";
import { attempt } from "../wire/attempt.js";
import type { ClientSession } from "./client-session.js";

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
  /** Receives the exception if a transport that is opened too late cannot be closed. */
  readonly onError: (error: unknown) => void;
  /** Cancels the attempt, which then rejects with `closingReason`. */
  readonly closing: AbortSignal;
  closingReason(): Error;
}

/** The time for a transport to end an aborted attempt by itself, with its own words. In milliseconds. */
const ABORT_MS = 1_000;

/** Makes the attempt. Returns the established session. It leaves nothing open when it fails. */
export async function attemptSession(given: SessionAttempt): Promise<ClientSession> {
  const { closing, clock, limitMs } = given;
  if (closing.aborted) throw given.closingReason();
  const controller = new AbortController(); // AbortSignal.any is missing on platforms such as React Native
  const onClosing = () => controller.abort(given.closingReason());
  closing.addEventListener("abort", onClosing);
  let isLate = false;
  const stopTimer = clock.after(limitMs, () => {
    isLate = true;
    controller.abort(new Error(`no answer within ${limitMs} ms`));
  });
  try {
    const session = given.createSession(await openWithin(given, controller.signal));
    const abandon = () => session.close(isLate ? `no WELCOME within ${limitMs} ms` : "closed by the application");
    controller.signal.addEventListener("abort", abandon);
    try {
      if (controller.signal.aborted) abandon();
      await given.establish(session);
      session.requireDetails();
      return session;
    } catch (error) {
      session.close("the attempt to connect failed");
      throw error;
    } finally {
      controller.signal.removeEventListener("abort", abandon);
    }
  } catch (error) {
    throw closing.aborted ? given.closingReason() : error;
  } finally {
    closing.removeEventListener("abort", onClosing);
    stopTimer();
  }
}

/** Opens the transport. Rejects if `open` ignores that it is aborted. A transport that is opened later is closed. */
function openWithin({ clock, limitMs, onError, open }: SessionAttempt, signal: AbortSignal): Promise<Transport> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    let stopTimer = () => {};
    const end = () => {
      isOver = true;
      stopTimer();
      signal.removeEventListener("abort", onAbort);
    };
    const giveUp = () => {
      end();
      reject(new Error(`no transport within ${limitMs} ms`));
    };
    const onAbort = () => {
      stopTimer = clock.after(ABORT_MS, giveUp);
    };
    signal.addEventListener("abort", onAbort);
    open(signal).then(
      (transport) => {
        if (isOver) return attempt(() => transport.close(), onError);
        end();
        resolve(transport);
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
  });
}
