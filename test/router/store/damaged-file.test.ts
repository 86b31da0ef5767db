import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { lmdbStore } from "wampact/lmdb";
import { Payload } from "../../../src/wire/payload.js";
import { temporary } from "../../support/folder.js";
import type { Finish } from "../../support/peers.js";

const EVENTS = 60;
const PAGE = 4_096;
const META_AT = 24; // in its page

/** The file of a store of some events, small ones and such as take pages of their own, without the room behind them. */
function makeFile(path: string): Buffer {
  const store = lmdbStore({ path, sync: false })("sound");
  for (let publication = 1; publication <= EVENTS; publication++) {
    const payload = Payload.of(["x".repeat((publication * 7_919) % 9_000)]);
    const event = { publication, topic: `t${publication % 50}`, atMs: publication, details: {}, payload, lists: {} };
    store.retain(event);
    store.append({ topic: "a", match: "exact" }, event, 1_000);
  }
  store.close();
  const file = readFileSync(join(path, "sound.mdb"));
  return file.subarray(0, (lastPageOf(file) + 1) * PAGE);
}

function lastPageOf(file: Buffer): number {
  return Math.max(...[0, PAGE].map((meta) => Number(file.readBigUInt64LE(meta + META_AT + 120))));
}

/** Opens files in a child process, where one that LMDB cannot bear ends that process. Returns what became of each. */
async function openAll(
  t: Finish,
  files: ReadonlyMap<string, Buffer>,
  path = temporary(t),
): Promise<ReadonlyMap<string, string>> {
  for (const [name, bytes] of files) writeFileSync(join(path, `${name}.mdb`), bytes);
  const script = fileURLToPath(new URL("../../support/open-store.ts", import.meta.url));
  const args = ["--import", "tsx", script, path, ...files.keys()];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  return new Map(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
  );
}

function changed(bytes: Buffer, change: (copy: Buffer) => unknown): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

/** The same numbers for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test("a file that is none of LMDB's, or not all of it, is refused: which, what is wrong, and what to do", async (t) => {
  const path = temporary(t);
  const sound = makeFile(path);
  const random = numbers(1);
  const garbage = Buffer.from(Array.from({ length: 10 * PAGE }, () => Math.floor(random() * 256)));
  const files = new Map<string, Buffer>([
    ["garbage", garbage],
    ["text", Buffer.from("this is no database\n".repeat(1_000))],
    ["zeros", Buffer.alloc(10 * PAGE)],
    ["zeroed-meta-0", changed(sound, (copy) => copy.fill(0, 0, PAGE))],
    ["zeroed-meta-1", changed(sound, (copy) => copy.fill(0, PAGE, 2 * PAGE))],
    ["garbage-behind-metas", changed(sound, (copy) => garbage.copy(copy, 2 * PAGE))],
    ["zeros-behind-metas", changed(sound, (copy) => copy.fill(0, 2 * PAGE))],
    ["another-version", changed(sound, (copy) => copy.writeUInt32LE(1, META_AT + 4))],
  ]);
  for (const length of [
    1,
    24,
    100,
    168,
    PAGE - 1,
    PAGE,
    2 * PAGE - 1,
    2 * PAGE,
    3 * PAGE,
    20 * PAGE,
    lastPageOf(sound) * PAGE,
  ])
    files.set(`cut-${length}`, sound.subarray(0, length));
  const outcomes = await openAll(t, files, path);
  for (const name of files.keys())
    expect(outcomes.get(name), name).toMatch(
      /^refused .*\/[\w-]+\.mdb is damaged, or not an LMDB database: .*; restore it from a backup, or move it away/,
    );
  expect(outcomes.get("zeros")).toContain("it does not begin as LMDB's files do");
  expect(outcomes.get("zeroed-meta-1")).toContain("meta page 1: ");
});

test("a file that was cut anywhere is refused", async (t) => {
  const path = temporary(t);
  const sound = makeFile(path);
  const random = numbers(2);
  const files = new Map<string, Buffer>([
    ["empty", Buffer.alloc(0)],
    ["sound", sound],
  ]);
  for (let count = 0; count < 60; count++) {
    const length = 1 + Math.floor(random() * sound.length);
    files.set(`cut-${length}`, sound.subarray(0, length));
  }
  const outcomes = await openAll(t, files, path);
  expect(outcomes.get("empty")).toBe("opened 0");
  expect(outcomes.get("sound")).toBe(`opened ${EVENTS}`);
  for (const [name, outcome] of outcomes) if (name.startsWith("cut-")) expect(outcome, name).toMatch(/^refused/);
});

test("a flipped bit in a meta page is refused, or opens all that was kept; anywhere else it does not end the process", async (t) => {
  const path = temporary(t);
  const sound = makeFile(path);
  const random = numbers(3);
  const files = new Map<string, Buffer>();
  const flip = (name: string, at: number) => {
    const flipped = changed(sound, (copy) => copy.writeUInt8(copy.readUInt8(at) ^ (1 << (at % 8)), at));
    files.set(`${name}-${at}`, flipped);
  };
  for (let count = 0; count < 80; count++) flip("meta", (count % 2) * PAGE + Math.floor(random() * 168));
  for (let count = 0; count < 80; count++) flip("page", 2 * PAGE + Math.floor(random() * (sound.length - 2 * PAGE)));
  const outcomes = await openAll(t, files, path);
  expect(outcomes.size).toBe(files.size);
  for (const [name, outcome] of outcomes)
    if (name.startsWith("meta")) expect(outcome, name).toMatch(/^refused|^opened 60$/);
});
