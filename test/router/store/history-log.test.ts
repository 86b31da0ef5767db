import { expect, test } from "vitest";
import { lmdbStore } from "wampact/lmdb";
import { type EventStore, type HistoryRange, memoryStore, type StoredEvent } from "wampact/router";
import { type HistoryLog, readLog } from "../../../src/router/store/history-log.js";
import { Payload } from "../../../src/wire/payload.js";
import { temporary } from "../../support/folder.js";

const KEY = { topic: "a", match: "exact" } as const;

/** The events of a range, found by a plain loop over all events. */
function inRange(events: readonly StoredEvent[], range: HistoryRange): readonly number[] {
  const { fromMs = -Infinity, afterMs = -Infinity, beforeMs = Infinity, untilMs = Infinity } = range;
  const place = (publication: number | undefined, missing: number) =>
    publication === undefined ? missing : events.findIndex((event) => event.publication === publication);
  const named = [range.fromPublication, range.afterPublication, range.beforePublication, range.untilPublication];
  if (named.some((publication) => publication !== undefined && place(publication, 0) === -1)) return [];
  const found = events.filter(
    ({ atMs }, at) =>
      at >= place(range.fromPublication, -Infinity) &&
      at > place(range.afterPublication, -Infinity) &&
      at < place(range.beforePublication, Infinity) &&
      at <= place(range.untilPublication, Infinity) &&
      atMs >= fromMs &&
      atMs > afterMs &&
      atMs < beforeMs &&
      atMs <= untilMs,
  );
  const publications = found.map(({ publication }) => publication);
  return range.reverse ? publications.reverse() : publications;
}

/** The same numbers for the same seed, each from 0 to below a bound. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const STORES: readonly [string, (path: string) => EventStore][] = [
  ["memory", () => memoryStore()],
  ["lmdb", (path) => lmdbStore({ path, sync: false })("realm")],
];

test.for(
  STORES,
)("%s: every range is what a plain loop finds, though the clock is set back now and then and the oldest are dropped", ([
  ,
  make,
], t) => {
  const random = numbers(1);
  const store = make(temporary(t));
  t.onTestFinished(() => store.close());
  const events: StoredEvent[] = [];
  let atMs = 1_000;
  for (let count = 0; count < 300; count++) {
    atMs += random(20) === 0 ? -random(200) : random(8);
    const event = {
      publication: 1 + random(2 ** 40),
      topic: "a",
      atMs,
      details: {},
      payload: Payload.EMPTY,
      lists: {},
    };
    events.push(event);
    store.append(KEY, event, 60);
    if (events.length > 60) events.shift();
    if (count % 10 > 0) continue;
    for (let asked = 0; asked < 40; asked++) {
      const range = randomRange(random, events);
      const found = [...store.history(KEY, range)].map(({ publication }) => publication);
      expect(found, JSON.stringify(range)).toEqual(inRange(events, range));
    }
  }
});

const PUBLICATIONS = ["fromPublication", "afterPublication", "beforePublication", "untilPublication"] as const;
const TIMES = ["fromMs", "afterMs", "beforeMs", "untilMs"] as const;

function randomRange(random: (bound: number) => number, events: readonly StoredEvent[]): HistoryRange {
  const some = () => events[random(events.length)] as StoredEvent;
  const range: Record<string, number | boolean> = {};
  for (const name of PUBLICATIONS) if (random(4) === 0) range[name] = random(10) === 0 ? 7 : some().publication;
  for (const name of TIMES) if (random(4) === 0) range[name] = some().atMs + random(5) - 2;
  if (random(2) === 0) range.reverse = true;
  return range;
}

test("a few events of a history of a million are found with some reads, from a publication or a time, in either direction", () => {
  let reads = 0;
  const log: HistoryLog = {
    first: 1,
    end: 1_000_001,
    event(number) {
      reads++;
      return { publication: number, topic: "a", atMs: number, details: {}, payload: Payload.EMPTY, lists: {} };
    },
    mark(number) {
      reads++;
      return { peakMs: number, lastBack: 0 };
    },
    find: (publication) => publication,
  };
  const firstThree = (range: HistoryRange) => {
    const found: number[] = [];
    for (const { publication } of readLog(log, range)) if (found.push(publication) === 3) break;
    return found;
  };
  expect(firstThree({ afterPublication: 500_000 })).toEqual([500_001, 500_002, 500_003]);
  expect(firstThree({ beforePublication: 500_000, reverse: true })).toEqual([499_999, 499_998, 499_997]);
  expect(firstThree({ fromMs: 700_000 })).toEqual([700_000, 700_001, 700_002]);
  expect(firstThree({ untilMs: 300_000, reverse: true })).toEqual([300_000, 299_999, 299_998]);
  expect(reads).toBeLessThan(4 * 3 + 2 * 25);
});
