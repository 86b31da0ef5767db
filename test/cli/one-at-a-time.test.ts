/** Reloads that come in a storm. */
import { expect, test } from "vitest";
import { oneAtATime } from "../../src/cli/router/one-at-a-time.js";
import { createGate } from "../support/peers.js";

test("what is asked for while it runs is done once more, however often it was asked for", async () => {
  const gates = [createGate(), createGate(), createGate()];
  let runs = 0;
  const run = oneAtATime(async () => {
    const number = runs++;
    await gates[number]?.promise;
    if (number === 1) throw new Error("the second one fails");
    return number;
  });
  const first = run();
  await Promise.resolve(); // it has begun
  const others = [run(), run(), run()];
  expect(new Set(others).size).toBe(1);
  gates[0]?.open();
  expect(await first).toBe(0);
  gates[1]?.open();
  await expect(others[0]).rejects.toThrow("the second one fails");
  expect(runs).toBe(2);
  gates[2]?.open();
  expect(await run()).toBe(2);
});
