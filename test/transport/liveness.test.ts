/** When a connection counts as dead, tick by tick. A tick is half a second at the default interval. */
import { expect, type TestContext, test, vi } from "vitest";
import { Liveness, LivenessTimer, paceOf } from "../../src/transport/liveness.js";

const PACE = paceOf(10_000);

/** A connection that does what a test says, and keeps what was done to it. */
function startTarget() {
  const target = {
    reading: {
      paused: false,
      pause: () => {},
      resume() {
        target.resumed++;
      },
    },
    resumed: 0,
    unsentBytes: 0,
    receivedBytes: 0,
    awaitsAnswer: false,
    pings: 0,
    cuts: [] as string[],
    told: [] as boolean[],
    frozen: (isFrozen: boolean) => void target.told.push(isFrozen),
    ping: () => void target.pings++,
    cut: (reason: string) => void target.cuts.push(reason),
  };
  const liveness = new Liveness(target);
  /** Seconds of ticks; returns how many passed before a cut. */
  const pass = (seconds: number, each: () => void = () => {}, judges = true) => {
    for (let tick = 1; tick <= seconds * 2; tick++) {
      each();
      liveness.check(PACE, judges);
      if (target.cuts.length > 0) return tick / 2;
    }
    return undefined;
  };
  liveness.check(PACE, true); // the first byte was there before
  return { target, liveness, pass };
}

test("a silent connection is pinged after 10 s, and cut within 20 s", () => {
  const { target, pass } = startTarget();
  pass(9);
  expect(target.pings).toBe(0);
  pass(1);
  expect([target.pings, target.cuts]).toEqual([1, []]);
  expect(pass(10)).toBeGreaterThan(8);
  expect(target.cuts).toEqual(["the peer is dead: it does not answer pings"]);
});

test("while an answer is awaited, a silent connection is cut within 5 s, and not within 3", () => {
  const { target, pass } = startTarget();
  target.awaitsAnswer = true;
  const seconds = pass(60);
  expect(seconds).toBeGreaterThan(3);
  expect(seconds).toBeLessThanOrEqual(4.5);
});

test("an answer to a ping, any byte of a message and any byte that leaves keep a connection alive", () => {
  for (const kind of ["heard", "received", "left"] as const) {
    const { target, liveness, pass } = startTarget();
    target.awaitsAnswer = true;
    target.unsentBytes = 1_000_000;
    let tick = 0;
    const live = () => {
      if (++tick % 4 > 0) return;
      if (kind === "heard") liveness.heard = true;
      else if (kind === "received") target.receivedBytes++;
      else target.unsentBytes--;
    };
    expect([kind, pass(120, live)]).toEqual([kind, undefined]);
  }
});

test("while anything of ours is unsent, an awaited answer hurries nobody", () => {
  const { target, pass } = startTarget();
  target.awaitsAnswer = true;
  target.unsentBytes = 1_000;
  expect(pass(60)).toBeGreaterThan(15);
});

test("who does not read judges nobody, pings every second all the same, and reads on once an interval", () => {
  const { target, pass } = startTarget();
  target.reading.paused = true;
  target.awaitsAnswer = true;
  expect(pass(60)).toBeUndefined();
  expect(target.pings).toBeGreaterThanOrEqual(55);
  expect(target.resumed).toBe(6);
  target.reading.paused = false;
  expect(pass(60)).toBeGreaterThan(3);
});

test("who owes an answer is pinged a second later, and frozen 2 s after that until anything is heard", () => {
  const { target, liveness, pass } = startTarget();
  pass(5); // it was silent before
  target.awaitsAnswer = true;
  pass(1);
  expect(target.pings).toBe(0);
  pass(0.5);
  expect(target.pings).toBe(1);
  pass(1.5);
  expect(target.told).toEqual([]);
  pass(0.5);
  expect(target.told).toEqual([true]);
  liveness.heard = true;
  pass(0.5);
  expect([target.told, target.cuts]).toEqual([[true, false], []]);
});

test("a byte that comes while reading is paused ends a freeze", () => {
  const { target, pass } = startTarget();
  target.awaitsAnswer = true;
  target.unsentBytes = 1_000;
  pass(5);
  target.reading.paused = true;
  pass(5);
  expect(target.told).toEqual([true]);
  target.unsentBytes = 500;
  pass(0.5);
  expect(target.told).toEqual([true, false]);
});

test("nobody who owes nothing, or is not judged, is frozen", () => {
  const idle = startTarget();
  idle.pass(60);
  const owing = startTarget();
  owing.target.awaitsAnswer = true;
  owing.pass(60, () => {}, false);
  expect([idle.target.told, owing.target.told]).toEqual([[], []]);
});

test("an answer that is not owed any more hurries nobody", () => {
  const { target, pass } = startTarget();
  target.awaitsAnswer = true;
  pass(3);
  target.awaitsAnswer = false;
  expect(pass(60)).toBeGreaterThan(15);
});

test("where pings are off, an awaited answer asks for none", () => {
  const { target, liveness } = startTarget();
  target.awaitsAnswer = true;
  const pace = paceOf(Number.POSITIVE_INFINITY);
  for (let tick = 0; tick < 1_000; tick++) liveness.check(pace, true);
  expect([target.pings, target.cuts]).toEqual([0, []]);
});

test("nobody is judged while judging is off, and a ping that may be lost is sent again", () => {
  const { target, liveness, pass } = startTarget();
  expect(pass(30, () => {}, false)).toBeUndefined();
  expect(target.pings).toBe(1);
  liveness.forgetPing();
  pass(0.5);
  expect(target.pings).toBe(2);
});

function stopClock(t: TestContext): void {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  t.onTestFinished(() => void vi.useRealTimers());
}

test("a process that was stopped judges nobody for an interval, and then those that stayed silent", (t) => {
  stopClock(t);
  let nowMs = 0;
  const timer = new LivenessTimer(10_000, () => nowMs);
  t.onTestFinished(() => timer.stop());
  const { target, liveness } = startTarget();
  timer.add(liveness);
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= 500) {
      nowMs += 500;
      vi.advanceTimersByTime(500);
    }
  };
  pass(18_000); // pinged at 10 s
  nowMs += 3_600_000; // asleep for an hour
  pass(500);
  expect(target.pings).toBe(2);
  pass(9_000);
  expect(target.cuts).toEqual([]);
  pass(2_000);
  expect(target.cuts).not.toEqual([]);
});

test.for([
  10, 300, 10_000, 60_000,
])("at an interval of %d ms a dead connection is noticed within two of them", (intervalMs) => {
  const pace = paceOf(intervalMs);
  const { target, liveness } = startTarget();
  let ticks = 0;
  while (target.cuts.length === 0 && ticks < 1_000) {
    ticks++;
    liveness.check(pace, true);
  }
  expect(ticks * pace.tickMs).toBeLessThanOrEqual(2 * intervalMs);
});

test("a connection that is not known to answer pings is cut for no silence, also where it owes an answer", () => {
  const { target, pass } = startTarget();
  Object.assign(target, { answersPings: false, awaitsAnswer: true });
  expect(pass(300)).toBeUndefined();
  expect([target.pings, target.told]).toEqual([0, []]);
});

test("a connection that is not known to answer pings is cut when nothing of what waits for it leaves for 20 s", () => {
  const { target, pass } = startTarget();
  Object.assign(target, { answersPings: false, unsentBytes: 1_000 });
  pass(30, () => void target.unsentBytes--);
  expect(target.cuts).toEqual([]);
  expect(pass(20)).toBeGreaterThan(18);
  expect(target.cuts).toEqual(["the peer is dead: it does not read"]);
});

test("a connection that comes to be known to answer pings is pinged from then on", () => {
  const { target, pass } = startTarget();
  Object.assign(target, { answersPings: false });
  pass(30);
  Object.assign(target, { answersPings: true });
  pass(9);
  expect(target.pings).toBe(0);
  pass(1);
  expect(target.pings).toBe(1);
});
