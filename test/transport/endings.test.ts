import { expect, test } from "vitest";
import { Endings } from "../../src/transport/endings.js";
import { WriteScheduler } from "../../src/transport/write-queue.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("few connections are told of as closed at once, many in later turns, each once and in order", async () => {
  const endings = new Endings(new WriteScheduler());
  const told: number[] = [];
  for (let index = 0; index < 500; index++) endings.tell(() => told.push(index));
  expect(told).toHaveLength(50);
  await turn();
  expect(told.length).toBeLessThanOrEqual(150);
  while (told.length < 500) await turn();
  await turn();
  expect(told).toEqual(Array.from({ length: 500 }, (_, index) => index));
  endings.tell(() => told.push(-1)); // it has been quiet since
  expect(told).toHaveLength(501);
});
