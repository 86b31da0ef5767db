import { WampError } from "../wire/error.js";
import type { CancelMode, ErrorDetails } from "../wire/options.js";
import { CANCELED } from "../wire/uris.js";
import type { PendingCall, PendingCalls } from "./pending-calls.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import type { Rerouting } from "./rerouting.js";
import { Slices } from "./slices.js";
import { RELAYED } from "./timing.js";
import type { RealmWatch } from "./watch.js";

/** What departures ask of their dealer. */
export interface DepartureHost {
  readonly pending: PendingCalls;
  readonly rerouting: Rerouting;
  readonly watch: RealmWatch;
  isDraining(): boolean;
  /** Takes a call out that nobody is told of. */
  drop(pending: PendingCall): void;
  /** Takes a call out, and answers its caller with an error. */
  fail(pending: PendingCall, error: WampError, details?: ErrorDetails): void;
  interrupt(pending: PendingCall, mode: CancelMode): void;
}

/** Tells our peers that another router may answer the call. */
export const GOING_DOWN: ErrorDetails = { _going_down: true };

/** What becomes of the calls of sessions that are gone, and of callees that show no sign of life. There may be many: it is done in slices. */
export class Departures {
  readonly #host: DepartureHost;
  readonly #endings: Slices<() => void>; // what the other sides of a leaving session's calls are told
  #closing = false;

  constructor(host: DepartureHost, { defer }: Pick<Surroundings, "defer">) {
    this.#host = host;
    this.#endings = new Slices((tell) => {
      tell();
      return 4; // a message is encoded
    }, defer);
  }

  /** All sessions end from now on. Their calls end with them: no caller is told that its callee is gone before. */
  close(): void {
    this.#closing = true;
  }

  /** Gives the calls of a frozen callee that may be made twice to others. Those for which there is no other stay. */
  frozen(session: RealmSession): void {
    this.#endings.pushEach(this.#movesFrom(session));
    this.#endings.flush();
  }

  /** Ends the calls that a session has made, and those that it was to answer. */
  leave(session: RealmSession): void {
    const { made, toAnswer } = this.#host.pending.leave(session);
    this.#endings.pushEach(this.#endingsOf(made, (pending) => this.#abandon(pending)));
    const gone = new WampError(CANCELED, { args: ["the callee is gone"] });
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

  /** The caller is gone. */
  #abandon(pending: PendingCall): void {
    const { drop, watch, interrupt } = this.#host;
    drop(pending);
    watch.ended(pending, CANCELED);
    interrupt(pending, "killnowait");
  }

  /** The callee is gone: the call goes on elsewhere, or fails. That of another router is failed there. */
  #outlive(pending: PendingCall, error: WampError, details: ErrorDetails): void {
    const { rerouting, drop, fail, watch } = this.#host;
    if (pending.timing === RELAYED) return drop(pending);
    if (rerouting.goOn(pending)) return;
    if (!this.#closing) return fail(pending, error, details);
    drop(pending);
    watch.ended(pending, error.uri);
  }
}
