import { createRequire } from "node:module";
import type { RootDatabase } from "lmdb";
import { expect, test, vi } from "vitest";
import { lmdbStore } from "wampact/lmdb";
import type { StoredEvent } from "wampact/router";
import { Payload } from "../../../src/wire/payload.js";
import { temporary } from "../../support/folder.js";

const KEY = { topic: "a", match: "exact" } as const;
const event = (publication: number): StoredEvent => ({
  publication,
  topic: "a",
  atMs: publication,
  details: {},
  payload: Payload.of([publication]),
  lists: {},
});

test("an environment whose transaction failed is closed and not used again; another one goes on with what was kept", (t) => {
  const lmdb = createRequire(import.meta.url)("lmdb") as typeof import("lmdb");
  const open = lmdb.open;
  const opened: RootDatabase<Buffer>[] = [];
  const spy = vi.spyOn(lmdb, "open").mockImplementation(((options: never) => {
    const root = open(options) as unknown as RootDatabase<Buffer>;
    opened.push(root);
    return root;
  }) as never);
  t.onTestFinished(() => spy.mockRestore());
  const store = lmdbStore({ path: temporary(t), sync: false })("realm");
  t.onTestFinished(() => store.close());
  store.append(KEY, event(1), 10);
  store.retain(event(1));

  const [first] = opened as [RootDatabase<Buffer>];
  const transact = first.transactionSync.bind(first);
  vi.spyOn(first, "transactionSync").mockImplementation((write) =>
    transact(() => {
      write();
      throw new Error("Input/output error");
    }),
  );
  expect(() => store.append(KEY, event(2), 10)).toThrow("Input/output error");
  expect(first).toHaveProperty("status", "closed");
  expect([...store.history(KEY)].map(({ publication }) => publication)).toEqual([1]);
  expect(store.retained("a")).toHaveLength(1);
  expect(opened).toHaveLength(2);
  store.append(KEY, event(3), 10);
  expect([...store.history(KEY)].map(({ publication }) => publication)).toEqual([1, 3]);
  expect(store.stats?.()).toMatchObject({ historyEvents: 2, retainedEvents: 1 });
});

test("what throws within writes that belong together undoes them all, and the counts with them", (t) => {
  const store = lmdbStore({ path: temporary(t), sync: false })("realm");
  t.onTestFinished(() => store.close());
  store.append(KEY, event(1), 10);
  const before = store.stats?.();
  const writes = () => {
    store.append(KEY, event(2), 10);
    store.retain(event(2));
    throw new Error("not after all");
  };
  expect(() => store.atomically?.(writes)).toThrow("not after all");
  expect([...store.history(KEY)].map(({ publication }) => publication)).toEqual([1]);
  expect([...store.retainedTopics("")]).toEqual([]);
  expect(store.stats?.()).toEqual(before);
});
