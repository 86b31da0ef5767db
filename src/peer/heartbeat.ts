import type { Clock } from "../session/clock.js";
import { Payload } from "../wire/payload.js";
import type { ClientSession } from "./client-session.js";
import { isHidden, watchPage } from "./page.js";

/** The peer of a heartbeat. */
export interface HeartbeatHost {
  readonly clock: Clock;
  /** Called when the router has not answered. */
  dead(session: ClientSession, why: string): void;
  /** Called when the page has resumed. */
  woken(): void;
}

/** Any router answers it, with a number or an ERROR. Both show that it is alive. */
const PROCEDURE = "wamp.session.count";
/** Longest wait for the answer, in milliseconds. */
const ANSWER_MS = 10_000;
/** The number of checks during a silence. */
const LOOKS = 3;

/**
 * Detects dead routers on platforms whose WebSockets hide pings: by a call after a long silence, and at once when a page resumes.
 * It ignores routers that have never answered such a call in the session.
 */
export class Heartbeat {
  readonly #host: HeartbeatHost;
  readonly #silenceMs: number;
  readonly #unwatchPage: () => void;
  #session: ClientSession | undefined; // the established session
  #looks = 0; // in a row without a message
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

  /** Watches another session, or none if `last` has ended. */
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
      if (clock.now() - askedMs > 2 * ANSWER_MS) return this.#ask(); // this page was suspended, and an answer may be in transit
      this.#host.dead(session, `the router is dead: no answer within ${ANSWER_MS} ms`);
    });
    const answered = () => {
      if (session !== this.#session) return;
      this.#answers = true;
      this.#endAsking();
    };
    const request = session.nextRequest();
    const call = { type: "CALL", request, options: {}, procedure: PROCEDURE, payload: Payload.EMPTY } as const;
    session.requests.ask(call, "RESULT").then(answered, answered);
  }

  /** Checks before the page is suspended that the router answers, so that it can be judged when the page resumes. */
  #sleep(): void {
    this.#endAsking();
    if (!this.#answers) this.#ask();
  }

  #endAsking(): void {
    this.#stopAsking?.();
    this.#stopAsking = undefined;
  }
}
