/** How many compressed messages of a listener are decompressed at once. */
import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { Inflater, type InflaterClient } from "../../src/transport/websocket/inflater.js";

const MIB = 1024 * 1024;

test("messages come in the order in which they were given, each to its client", async () => {
  const inflater = new Inflater(MIB);
  const texts = await Promise.all(Array.from({ length: 20 }, (_, index) => inflated(inflater, `message ${index}`)));
  expect(texts).toEqual(Array.from({ length: 20 }, (_, index) => `message ${index}`));
});

test("where a message may be large, the next is not begun before the one before is done", async () => {
  const inflater = new Inflater(64 * MIB);
  const done: number[] = [];
  const sizes = [4 * MIB, 10, 10];
  await Promise.all(sizes.map(async (size) => done.push((await inflated(inflater, "x".repeat(size))).length)));
  expect(done).toEqual(sizes);
});

test("a client that is gone is passed over, and the others go on", async () => {
  const inflater = new Inflater(64 * MIB);
  const gone: InflaterClient = {
    gone: true,
    inflated: () => expect.unreachable("nobody is left"),
    failed: (error) => expect.unreachable(String(error)),
  };
  inflater.inflate(gone, compressed("lost"), false);
  expect(await inflated(inflater, "kept")).toBe("kept");
});

test("a message that becomes too large and one that is malformed are faults, and the next is read", async () => {
  const inflater = new Inflater(MIB);
  await expect(inflated(inflater, "x".repeat(MIB + 1))).rejects.toMatchObject({ code: 1009 });
  await expect(given(inflater, Buffer.from([0xff, 0xff]))).rejects.toMatchObject({ code: 1002 });
  expect(await inflated(inflater, "next")).toBe("next");
});

function inflated(inflater: Inflater, text: string): Promise<string> {
  return given(inflater, compressed(text));
}

function given(inflater: Inflater, data: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const inflated: InflaterClient["inflated"] = (fault, message) =>
      fault ? reject(fault) : resolve(message.toString());
    inflater.inflate({ gone: false, inflated, failed: reject }, data, false);
  });
}

function compressed(text: string): Buffer {
  return deflateRawSync(text);
}
