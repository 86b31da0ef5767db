import { WampError } from "../wire/error.js";
import type { ErrorDetails } from "../wire/options.js";
import { CANCELED } from "../wire/uris.js";
import { type CallEndings, interrupt } from "./call-endings.js";
import type { PendingCall, PendingCalls } from "./pending-calls.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import type { Rerouting } from "./rerouting.js";
import { Slices } from "./slices.js";
import { RELAYED } from "./timing.js";
import type { RealmWatch } from "./watch.js";

/** The interface of departures to their dealer. */
export interface DepartureHost {
  readonly pending: PendingCalls;
  readonly rerouting: Rerouting;
  readonly watch: RealmWatch;
  readonly endings: CallEndings;
  isDraining(): boolean;
}

/** Tells Wampact peers that another router may answer the call. */
export const GOING_DOWN: ErrorDetails = { _going_down: true };

/** Handles the calls of sessions that left and of frozen callees. There may be many, so it works in slices. */
export class Departures {
  readonly #host: DepartureHost;
  readonly #endings: Slices<() => void>; // the notifications about a leaving session's calls
  #closing = false;

  constructor(host: DepartureHost, { defer }: Pick<Surroundings, "defer">) {
    this.#host = host;
    this.#endings = new Slices((tell) => {
      tell();
      return 4; // a message is encoded
    }, defer);
  }

  /** Prepares for the end of all sessions. Callers are not told about their callees, since their sessions end as well. */
  close(): void {
    this.#closing = true;
  }

  /** Reroutes the idempotent calls of a frozen callee. Calls without another callee stay. */
  frozen(session: RealmSession): void {
    this.#endings.pushEach(this.#movesFrom(session));
    this.#endings.flush();
  }

  /** Ends the calls of a session and its pending invocations. */
  leave(session: RealmSession): void {
    const { made, toAnswer } = this.#host.pending.leave(session);
    this.#endings.pushEach(this.#endingsOf(made, (pending) => this.#abandon(pending)));
    const gone = new WampError(CANCELED, { args: ["the callee has left"] });
    const details = this.#host.isDraining() ? GOING_DOWN : {};
    this.#endings.pushEach(this.#endingsOf(toAnswer, (pending) => this.#outlive(pending, gone, details)));
    this.#endings.flush();
  }

  *#movesFrom(session: RealmSession): Iterable<() => void> {
    for (const pending of this.#host.pending.heldBy(session)) {
      if (!session.frozen) return;
      yield () => this.#host.rerouting.goOn(pending);
    }
  }

  *#endingsOf(calls: Iterable<PendingCall>, end: (pending: PendingCall) => void): Iterable<() => void> {
    for (const pending of calls) yield () => end(pending);
  }

  /** Ends a call whose caller is gone. */
  #abandon(pending: PendingCall): void {
    const { endings, watch } = this.#host;
    endings.drop(pending);
    watch.ended(pending, CANCELED);
    interrupt(pending, "killnowait");
  }

  /** Reroutes or fails a call whose callee is gone. A call of another router fails there. */
  #outlive(pending: PendingCall, error: WampError, details: ErrorDetails): void {
    const { rerouting, endings, watch } = this.#host;
    if (pending.timing === RELAYED) return endings.drop(pending);
    if (rerouting.goOn(pending)) return;
    if (!this.#closing) return endings.fail(pending, error, details);
    endings.drop(pending);
    watch.ended(pending, error.uri);
  }
}
