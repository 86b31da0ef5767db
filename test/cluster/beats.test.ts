/** How silence is counted, where what carries the beats holds them back. */
import { expect, type TestContext, test } from "vitest";
import { createFakeClock } from "wampact/testing";
import { Beats } from "../../src/cluster/beats.js";

const OWN = { incarnation: 1, process: 1 };
const OTHER = { incarnation: 1, process: 2 };

function startBeats(t: TestContext) {
  const clock = createFakeClock({ now: 1_000_000 });
  const told: string[] = [];
  let sent = 0;
  const beats = new Beats({
    leaseMs: 6_000,
    clock,
    me: "a",
    process: OWN.process,
    peers: () => ["b"],
    beat: () => sent++,
    probe() {},
    isStuck: () => false,
    suspected: (node, isSuspect) => told.push(`${isSuspect ? "suspect" : "sound"} ${node}`),
    silent: (node) => told.push(`silent ${node}`),
    cutOff: (isCutOff) => told.push(isCutOff ? "cut off" : "reached"),
  });
  beats.start();
  t.onTestFinished(() => beats.stop());
  /** All own beats that were sent come back. */
  const comeBack = () => {
    for (; sent > 0; sent--) beats.heard("a", OWN, true);
  };
  return { clock, told, beats, comeBack };
}

test("beats that were held back and come all at once expel nobody, though those of the others come behind them", async (t) => {
  const { clock, told, beats, comeBack } = startBeats(t);
  for (const heldMs of [5_500, 20_000]) {
    comeBack();
    beats.heard("b", OTHER, true);
    told.length = 0;
    await clock.advance(heldMs);
    comeBack();
    for (let count = 0; count < heldMs / 1_000; count++) beats.heard("b", OTHER, true);
    expect(told.filter((each) => /silent|suspect/.test(each))).toEqual([]);
  }
});

test("a node that is silent while own beats come back in time is suspect after half of the lease, and silent after all of it", async (t) => {
  const { clock, told, beats, comeBack } = startBeats(t);
  comeBack();
  beats.heard("b", OTHER, true);
  for (let second = 1; second <= 7; second++) {
    await clock.advance(1_000);
    comeBack();
    if (second === 3) expect(told).toEqual([]);
    if (second === 6) expect(told).toEqual(["suspect b"]);
  }
  expect(told).toEqual(["suspect b", "silent b"]);
});
