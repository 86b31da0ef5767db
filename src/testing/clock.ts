import type { Clock } from "../session/clock.js";
import { checkSettings, type SettingRules } from "../wire/settings.js";

interface FakeClockSettings {
  readonly now?: number;
}

const SETTINGS: SettingRules<FakeClockSettings> = {
  now: { expected: "a time in milliseconds", accepts: (value) => Number.isFinite(value) },
};

/** A clock that moves only when a test advances it. */
export interface FakeClock extends Clock {
  /** Advances the time. Runs every due timer in order and waits for what each of them triggers. */
  advance(ms: number): Promise<void>;
  /** The number of pending timers. */
  readonly timers: number;
}

/**
 * Creates a clock for tests of timeouts, delays and histories, without real waiting.
 *
 * ```ts
 * const clock = createFakeClock();
 * await using router = createTestRouter({ clock });
 * const call = consumer.call("com.example.slow", [], {}, { timeoutMs: 30_000 }).safe();
 * await clock.advance(30_000); // the call has failed as timed out
 * ```
 */
export function createFakeClock(settings: { readonly now?: number } = {}): FakeClock {
  checkSettings<FakeClockSettings>(settings, SETTINGS, "createFakeClock");
  let time = settings.now ?? 0;
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

/** Waits some turns of the event loop, which messages between in-memory peers need. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
