import { expect, test } from "vitest";
import { IdTable } from "../../src/session/id-table.js";
import { IdTable as PlainTable } from "../../src/session/id-table-plain.js";
import { createRandom } from "../support/mutate.js";

/** How IDs are chosen: as clients and routers count, as nobody should, and from all there are. */
const CHOICES: Readonly<Record<string, (random: () => number, count: number) => number>> = {
  "that count up": (_random, count) => count + 1,
  "that all have the same last bits": (_random, count) => (count + 1) * 2 ** 20,
  "at random": (random) => Math.floor(random() * 2 ** 53) + 1,
  "around 2^53": (_random, count) => 2 ** 53 - 3_000 + count,
};

const TABLES = { "a table": IdTable<object>, "a browser's table": PlainTable<object> };

test.for(
  Object.entries(TABLES).flatMap(([kind, Table]) =>
    Object.entries(CHOICES).map(([name, choose]) => [kind, name, Table, choose] as const),
  ),
)("%s finds what a Map finds, with IDs %s", ([, , Table, choose]) => {
  const random = createRandom(7);
  const table = new Table();
  const map = new Map<number, object>();
  let count = 0;
  for (const most of [5, 3_000, 40, 0]) {
    for (let step = 0; step < 6_000; step++) {
      const isFull = map.size >= most || random() < 0.4;
      const id = isFull ? pickKey(map, random) : choose(random, count++ % 6_000);
      if (isFull && id !== undefined) {
        map.delete(id);
        table.delete(id);
      } else if (id !== undefined && !map.has(id)) {
        const value = { id };
        map.set(id, value);
        table.add(id, value);
      }
      expect(table.size).toBe(map.size);
      if (id !== undefined) expect(table.get(id)).toBe(map.get(id));
    }
    for (const [id, value] of map) expect(table.get(id)).toBe(value);
    expect(new Set(table.values())).toEqual(new Set(map.values()));
  }
  expect(table.size).toBe(0);
});

test("values come in the order of IDs that count up, and those that are gone when their turn comes do not", () => {
  const table = new IdTable<number>();
  for (let id = 1; id <= 1_000; id++) table.add(id, id);
  for (let id = 1; id <= 995; id++) if (id !== 3) table.delete(id);
  const seen: number[] = [];
  for (const value of table.values()) {
    seen.push(value);
    if (value === 997) table.delete(999);
    if (value === 998) table.add(1_001, 1_001);
  }
  expect(seen).toEqual([3, 996, 997, 998, 1_000]);
  expect(table.size).toBe(6);
});

test("an ID that is not there changes nothing", () => {
  const table = new IdTable<string>();
  table.add(1, "one");
  table.delete(9); // whose place is the same
  table.delete(2);
  expect(table.get(9)).toBe(undefined);
  expect(table.get(1)).toBe("one");
  expect(table.size).toBe(1);
});

function pickKey(map: ReadonlyMap<number, object>, random: () => number): number | undefined {
  let left = Math.floor(random() * Math.min(map.size, 50));
  for (const id of map.keys()) if (left-- === 0) return id;
  return undefined;
}
