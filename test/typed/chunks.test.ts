import { expect, test } from "vitest";
import { createClient, procedure, serve } from "wampact";
import * as z from "zod";
import { failureOf } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

const Day = z.codec(z.iso.date(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString().slice(0, 10),
});
const contract = {
  sum: procedure("com.example.sum", { chunks: z.number(), output: z.number() }),
  log: procedure("com.example.{room}.log", {
    input: z.object({ name: z.string() }),
    chunks: z.object({ day: Day, level: z.number().default(3) }),
    progress: z.string(),
    output: z.int(),
  }),
};

async function* slowly<T>(values: readonly T[]): AsyncGenerator<T> {
  for (const value of values) {
    await Promise.resolve();
    yield value;
  }
}

test("chunks of an array or an async iterable reach the handler one by one, checked", async (t) => {
  const { service, consumer } = await startTyped(t);
  const handlers = {
    async sum({ chunks }: { chunks: AsyncIterable<number> }) {
      let sum = 0;
      for await (const chunk of chunks) sum += chunk;
      return sum;
    },
  };
  await serve(service, contract, handlers, { pick: ["sum"] });
  const client = createClient(consumer, contract);
  expect(await client.sum([1, 2, 3])).toBe(6);
  expect(await client.sum(slowly([4, 5]))).toBe(9);
  expect(await client.sum([])).toBe(0);
});

test("chunks go after parameters and input, through codecs and defaults, with progress the other way", async (t) => {
  const { service, consumer } = await startTyped(t);
  await serve(service, contract, {
    sum: () => 0,
    async log({ name }, { chunks, params, progress }) {
      let count = 0;
      for await (const { day, level } of chunks) {
        count++;
        progress(`${params.room} ${name} ${day.getTime()} ${level}`);
      }
      return count;
    },
  });
  const chunks = slowly([{ day: new Date("2026-01-01") }, { day: new Date("2026-01-02"), level: 1 }]);
  const call = createClient(consumer, contract).log({ room: "a" }, { name: "b" }, chunks, { timeoutMs: 5_000 });
  const heard: string[] = [];
  for await (const line of call) heard.push(line);
  expect(heard).toEqual(["a b 1767225600000 3", "a b 1767312000000 1"]);
  expect(await call).toBe(2);
});

test("a chunk that does not fit is not sent: the call is cancelled and fails with the issues", async (t) => {
  const { service, consumer } = await startTyped(t);
  let aborted = false;
  const served: number[] = [];
  const handlers = {
    async sum({ chunks, signal }: { chunks: AsyncIterable<number>; signal: AbortSignal }) {
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      for await (const chunk of chunks) served.push(chunk);
      return 0;
    },
  };
  await serve(service, contract, handlers, { pick: ["sum"] });
  const outcome = await createClient(consumer, contract)
    .sum([1, "two" as never])
    .safe();
  expect(outcome).toMatchObject({
    ok: false,
    error: { code: "invalidInput", issues: [{ path: [], expected: "number" }] },
  });
  await expect.poll(() => aborted).toBe(true);
  expect(served).toEqual([1]);
});

test("a foreign chunk that does not fit is refused at the callee", async (t) => {
  const { service, consumer } = await startTyped(t);
  const handlers = {
    async sum({ chunks }: { chunks: AsyncIterable<number> }) {
      for await (const _ of chunks);
      return 0;
    },
  };
  await serve(service, contract, handlers, { pick: ["sum"] });
  async function* forged() {
    yield { args: ["one"] };
  }
  const failure = await failureOf(consumer.call("com.example.sum", [], {}, { chunks: forged() }));
  expect(failure).toMatchObject({
    uri: "wamp.error.invalid_argument",
    args: ["com.example.sum chunks: expected number"],
  });
});

test("what is no iterable is refused at once", async (t) => {
  const { consumer } = await startTyped(t);
  expect(() => createClient(consumer, contract).sum(undefined as never)).toThrow(
    "com.example.sum chunks: expected an iterable of chunks",
  );
});
