/** Work that may be large is done in slices, in order, whatever one item of it does. */
import { expect, test } from "vitest";
import { Slices } from "../../src/router/slices.js";

test("what an item adds is handled after the items before it", () => {
  const done: string[] = [];
  const slices = new Slices<string>(
    (item) => {
      if (item === "first") {
        slices.push("caused");
        slices.flush();
      }
      done.push(item);
      return 1;
    },
    () => expect.unreachable("so little is done at once"),
  );
  slices.push("first");
  slices.push("second");
  slices.flush();
  expect(done).toEqual(["first", "second", "caused"]);
});

test("items behind one that throws are handled in a later turn", () => {
  const done: string[] = [];
  const later: (() => void)[] = [];
  const slices = new Slices<string>(
    (item) => {
      if (item === "spoilt") throw new Error("no such item");
      return done.push(item);
    },
    (run) => void later.push(run),
  );
  slices.pushEach(["first", "spoilt", "second"]);
  slices.push("third");
  expect(() => slices.flush()).toThrow("no such item");
  for (const run of later.splice(0)) run();
  expect(done).toEqual(["first", "second", "third"]);
  expect([slices.isEmpty, later.length]).toEqual([true, 0]);
});
