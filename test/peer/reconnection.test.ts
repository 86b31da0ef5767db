/** The policy of the waits between attempts, without any connection. */
import { expect, test } from "vitest";
import { createFakeClock } from "wampact/testing";
import { Reconnection, type ReconnectPolicy } from "../../src/peer/reconnection.js";

const POLICY: ReconnectPolicy = {
  minMs: 100,
  maxMs: 30_000,
  attempts: Number.POSITIVE_INFINITY,
  giveUpAfterMs: Number.POSITIVE_INFINITY,
  stableAfterMs: 30_000,
  urls: 1,
};

/** Random numbers that are the same each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The attempts of peers that lose their router at 0, in ms after its return; each had stood for long. */
async function attemptsAround(outageMs: number, peers: number) {
  const random = seeded(7);
  const failed: number[] = [];
  const met: number[] = [];
  for (let peer = 0; peer < peers; peer++) {
    const clock = createFakeClock();
    let nowMs = 0;
    const reconnection = new Reconnection(POLICY, { ...clock, now: () => nowMs }, random);
    nowMs = 60_000;
    const lostMs = nowMs;
    for (nowMs += reconnection.lost(); nowMs < lostMs + outageMs; ) {
      failed.push(nowMs - lostMs);
      nowMs += reconnection.fail(new Error("refused")) as number;
    }
    met.push(nowMs - lostMs - outageMs);
  }
  return { failed, met };
}

test.for([
  [100, 100],
  [1_000, 350],
  [10_000, 3_400],
  [600_000, 30_000],
] as const)("500 peers whose router was away for %d ms meet it within %d ms of its return, and not all at once", async ([
  outageMs,
  withinMs,
]) => {
  const { met } = await attemptsAround(outageMs, 500);
  expect(Math.max(...met)).toBeLessThanOrEqual(withinMs);
  const tenths = Array.from({ length: 10 }, (_, tenth) => {
    const from = (tenth * withinMs) / 10;
    return met.filter((ms) => ms >= from && ms < from + withinMs / 10).length;
  });
  expect(Math.max(...tenths)).toBeLessThan(200); // of 500
});

test("the first attempts come within 100 ms, and a long outage makes them rare", async () => {
  const { failed } = await attemptsAround(600_000, 100);
  const firstSecond = failed.filter((ms) => ms < 1_000).length / 100;
  const lastMinute = failed.filter((ms) => ms >= 540_000).length / 100;
  expect(firstSecond).toBeGreaterThan(8);
  expect(lastMinute).toBeLessThan(6);
});

test.for([
  { case: "as the router asks", asked: 4_000, from: 4_000, to: 4_000 + 4_000 / 3 },
  { case: "no longer than maxMs and its jitter", asked: 10_000_000, from: 30_000, to: 40_000 },
  { case: "as ever where it asks for none", asked: 0, from: 0, to: 200 },
])("a peer waits $case", ({ asked, from, to }) => {
  const waits = [0, 1].map((number) => new Reconnection(POLICY, createFakeClock(), () => number).lost(asked));
  expect(waits).toEqual([from, to]);
  const refusal = Object.assign(new Error("503"), { retryAfterMs: asked });
  const refused = [0, 1].map((number) => new Reconnection(POLICY, createFakeClock(), () => number).fail(refusal));
  expect(refused).toEqual([from, asked === 0 ? 100 : to]);
});

test("of several URLs each is tried before there is a wait", () => {
  const reconnection = new Reconnection({ ...POLICY, urls: 3 }, createFakeClock(), () => 1);
  const waits = Array.from({ length: 6 }, () => reconnection.fail(new Error("refused")));
  expect(waits).toEqual([0, 0, 100, 0, 0, 100]);
});
