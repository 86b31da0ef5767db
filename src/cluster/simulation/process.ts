import type { Clock } from "../../session/clock.js";
import type { Time } from "./timeline.js";

/** A process of a simulated machine. Events for it wait while it is frozen, and are lost once it is dead. */
export class SimulatedProcess {
  readonly clock: Clock;
  readonly #time: Time;
  #state: "runs" | "frozen" | "dead" = "runs";
  #waiting: (() => void)[] = []; // since it was frozen

  constructor(time: Time) {
    this.#time = time;
    this.clock = {
      now: () => time.nowMs,
      after: (delayMs, run) => {
        let isOff = false; // also while it waits
        const off = time.at(time.nowMs + Math.max(0, delayMs), () => this.handle(() => void (isOff || run())));
        return () => {
          isOff = true;
          off();
        };
      },
    };
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  /** Handles an event for this process. */
  handle(run: () => void): void {
    if (this.#state === "dead") return;
    if (this.#state === "runs" && this.#waiting.length === 0) run();
    else this.#waiting.push(run);
  }

  /** Runs a function in a later turn of this process. */
  readonly defer = (run: () => void): void => {
    this.#time.at(this.#time.nowMs, () => this.handle(run));
  };

  /** As `SIGSTOP`. */
  freeze(): void {
    if (this.#state === "runs") this.#state = "frozen";
  }

  /** As `SIGCONT`: handles the waiting events in order, each in its own turn. */
  thaw(): void {
    if (this.#state !== "frozen") return;
    this.#state = "runs";
    this.#handleNext();
  }

  /** As `SIGKILL`. */
  kill(): void {
    this.#state = "dead";
    this.#waiting = [];
  }

  #handleNext(): void {
    if (this.#waiting.length === 0) return;
    this.#time.at(this.#time.nowMs, () => {
      if (this.#state !== "runs") return;
      const run = this.#waiting.shift();
      run?.();
      this.#handleNext();
    });
  }
}
