import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RequestTable } from "../../src/peer/request-table.js";

/** What is done with a table and with a map beside it: requests are made in turn, and answered in any order. */
type Act = { readonly kind: "add"; readonly step: number } | { readonly kind: "answer"; readonly which: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("add" as const), step: fc.constantFrom(1, 1, 1, 1, 16, 8_192) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("answer" as const), which: fc.nat() }) },
);

test("a table holds what a map would hold, whatever is answered first", () => {
  fc.assert(
    fc.property(
      fc.array(act, { maxLength: 400 }),
      fc.constantFrom(0, 2 ** 32 - 20, 2 ** 53 - 500 * 8_192),
      (acts, before) => {
        const table = new RequestTable<object>();
        const map = new Map<number, object>();
        let last = before;
        for (const each of acts) {
          if (each.kind === "add") {
            last += each.step;
            const value = { id: last };
            table.add(last, value);
            map.set(last, value);
          } else if (map.size > 0) {
            const id = [...map.keys()][each.which % map.size] as number;
            expect(table.get(id)).toBe(map.get(id));
            expect(table.delete(id)).toBe(map.delete(id));
            expect(table.get(id)).toBeUndefined();
            expect(table.delete(id)).toBe(false);
          }
          expect(table.size).toBe(map.size);
        }
        expect(table.values()).toEqual([...map.values()]);
        for (const [id, value] of map) expect(table.get(id)).toBe(value);
        table.clear();
        expect([table.size, table.values(), table.get(last)]).toEqual([0, [], undefined]);
      },
    ),
  );
});

test("one request that waits stays found while a hundred thousand others pass, and so do 20,000 at once", () => {
  const table = new RequestTable<number>();
  table.add(1, 1);
  for (let id = 2; id <= 100_000; id++) {
    table.add(id, id);
    if (id > 80_000) continue;
    expect(table.get(id)).toBe(id);
    table.delete(id);
  }
  expect(table.get(1)).toBe(1);
  expect(table.size).toBe(20_001);
  expect(table.values()).toEqual([1, ...Array.from({ length: 20_000 }, (_, index) => 80_001 + index)]);
});
