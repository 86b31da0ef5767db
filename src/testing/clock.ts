import type { Clock } from "../session/clock.js";

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves on by so many milliseconds: runs every timer that is due, in order, and lets what each sets off run its course. */
  advance(ms: number): Promise<void>;
  /** Timers that wait. */
  readonly timers: number;
}

/**
 * A clock for tests of time limits, waits and histories: nobody waits for real.
 *
 * ```ts
 * const clock = createFakeClock();
 * await using router = createTestRouter({ clock });
 * const call = consumer.call("com.example.slow", [], {}, { timeoutMs: 30_000 }).safe();
 * await clock.advance(30_000); // the call has failed as timed out
 * ```
 */
export function createFakeClock({ now = 0 }: { readonly now?: number } = {}): FakeClock {
  let time = now;
  let order = 0;
  const timers = new Set<{ readonly at: number; readonly order: number; run(): void }>();
  const nextDue = (until: number) =>
    [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0];
  return {
    now: () => time,
    after(delayMs, run) {
      const timer = { at: time + delayMs, order: order++, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const until = time + ms;
      await settled();
      for (let due = nextDue(until); due; due = nextDue(until)) {
        time = Math.max(time, due.at);
        timers.delete(due);
        due.run();
        await settled();
      }
      time = until;
    },
    get timers() {
      return timers.size;
    },
  };
}

/** Messages between peers of this process, and what they set off, take a few turns of the event loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
