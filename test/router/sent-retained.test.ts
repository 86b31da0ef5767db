import { expect, test } from "vitest";
import { SentRetained } from "../../src/router/sent-retained.js";

test("sent events are remembered for 30 s at least and 60 s at most, each until it is taken, whatever the clock does", () => {
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs };
  const sent = new SentRetained(clock);
  expect(sent.take(1)).toBeUndefined();
  sent.add(1, { subscription: 10, session: 100 });
  sent.add(1, { subscription: 10, session: 101 });
  sent.add(1, { subscription: 11, session: 100 });
  sent.add(2, { subscription: 10, session: 100 });
  sent.add(3, { subscription: 10, session: 100 });
  clock.nowMs += 29_999;
  expect(sent.take(1)).toEqual(
    new Map([
      [10, [100, 101]],
      [11, [100]],
    ]),
  );
  expect(sent.take(1)).toBeUndefined();
  clock.nowMs += 10_000; // another period
  sent.add(2, { subscription: 10, session: 102 });
  expect(sent.take(2)).toEqual(new Map([[10, [100, 102]]])); // of both
  clock.nowMs -= 3_600_000; // set back: begins another period
  expect(sent.take(3)).toBeUndefined();
  sent.add(4, { subscription: 10, session: 100 });
  clock.nowMs += 60_000;
  expect(sent.take(4)).toBeUndefined();
  expect(sent.forgotten).toBe(0);
});

test("beyond 50,000 receivers within 30 s, the older ones are forgotten early, which is counted", () => {
  const sent = new SentRetained({ now: () => 1 });
  for (let publication = 1; publication <= 100_001; publication++)
    sent.add(publication, { subscription: 1, session: 1 });
  expect(sent.forgotten).toBe(2);
  expect(sent.take(50_000)).toBeUndefined();
  expect(sent.take(50_001)).toEqual(new Map([[1, [1]]]));
  expect(sent.take(100_001)).toEqual(new Map([[1, [1]]]));
});
