import type { Clock } from "../session/clock.js";
import { Payload } from "../wire/payload.js";
import type { ClientSession } from "./client-session.js";
import { isHidden, watchPage } from "./page.js";

/** The peer that a heartbeat belongs to. */
export interface HeartbeatHost {
  readonly clock: Clock;
  /** The router has not answered. */
  dead(session: ClientSession, why: string): void;
  /** The page has woken up. */
  woken(): void;
}

/** Any router answers it, with a number or an ERROR; both are signs of life. */
const PROCEDURE = "wamp.session.count";
/** Longest wait for the answer. */
const ANSWER_MS = 10_000;
/** How often a time of silence is looked at. */
const LOOKS = 3;

/**
 * Finds out whether the router is still there, on platforms whose WebSockets hide pings: by a call when nothing was heard for long,
 * and at once when a page wakes up. A router that never answered such a call in the session is not judged by it.
 */
export class Heartbeat {
  readonly #host: HeartbeatHost;
  readonly #silenceMs: number;
  readonly #unwatchPage: () => void;
  #session: ClientSession | undefined; // that stands
  #looks = 0; // in a row that found nothing heard
  #answers = false;
  #stopLooking: () => void = () => {};
  #stopAsking: (() => void) | undefined; // while an answer is due

  constructor(host: HeartbeatHost, silenceMs: number) {
    this.#host = host;
    this.#silenceMs = silenceMs;
    this.#unwatchPage = watchPage(
      () => {
        host.woken();
        this.#ask();
      },
      () => this.#sleep(),
    );
  }

  /** Watches another session, or none; `last` ends it. */
  watch(session: ClientSession | undefined, last: boolean): void {
    if (last) this.#unwatchPage();
    if (session === this.#session) return;
    this.#session = session;
    this.#answers = false;
    this.#looks = 0;
    this.#stopLooking();
    this.#endAsking();
    if (session) this.#look(session);
  }

  #look(session: ClientSession): void {
    this.#stopLooking = this.#host.clock.after(this.#silenceMs / LOOKS, () => {
      if (session.heard) this.#looks = 0;
      else if (++this.#looks >= LOOKS && !isHidden()) this.#ask();
      session.heard = false;
      this.#look(session);
    });
  }

  #ask(): void {
    const session = this.#session;
    if (!session?.details || this.#stopAsking) return;
    const { clock } = this.#host;
    const askedMs = clock.now();
    session.heard = false;
    this.#stopAsking = clock.after(ANSWER_MS, () => {
      this.#endAsking();
      if (session.heard || !this.#answers || isHidden()) return;
      if (clock.now() - askedMs > 2 * ANSWER_MS) return this.#ask(); // this page was asleep, and an answer may be on its way
      this.#host.dead(session, `the router is dead: no answer within ${ANSWER_MS} ms`);
    });
    const answered = () => {
      if (session !== this.#session) return;
      this.#answers = true;
      this.#endAsking();
    };
    const request = session.nextRequest();
    const call = { type: "CALL", request, options: {}, procedure: PROCEDURE, payload: Payload.EMPTY } as const;
    session.ask(call, "RESULT").then(answered, answered);
  }

  /** Learns before the page sleeps whether the router answers, so that it can be judged when the page wakes. */
  #sleep(): void {
    this.#endAsking();
    if (!this.#answers) this.#ask();
  }

  #endAsking(): void {
    this.#stopAsking?.();
    this.#stopAsking = undefined;
  }
}
