import { expect, test } from "vitest";
import { createClient, procedure, topic } from "wampact";
import * as z from "zod";
import { connectToFake } from "../support/fake-router.js";
import { createGate, failureOf } from "../support/peers.js";

const DONE = { done: true, value: undefined };
const ROLES = { broker: {}, dealer: { features: { call_canceling: true, progressive_call_invocations: true } } };
const contract = {
  count: procedure("com.example.count", { progress: z.int(), output: z.int() }),
  sum: procedure("com.example.sum", { chunks: z.int(), output: z.int() }),
  news: topic("com.example.news", { event: z.int() }),
};

/** A source of chunks that owes its first value for ever. */
function silentSource() {
  const left = createGate();
  const source: AsyncIterableIterator<number> = {
    next: () => new Promise(() => {}),
    async return() {
      left.open();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => source,
  };
  return { source, left: left.promise };
}

test.for([
  ["a client", {}],
  ["a client with middleware", { use: [(_: unknown, next: () => Promise<unknown>) => next()] }],
] as const)("return() of the loop over a call of %s ends it while it waits, and cancels the call", async ([
  ,
  options,
], t) => {
  const { peer, router } = await connectToFake(t);
  const call = createClient(peer, contract, options).count();
  const outcome = call.safe();
  await router.receive("CALL");
  const loop = call[Symbol.asyncIterator]();
  const pending = loop.next();
  await loop.return?.();
  expect(await pending).toEqual(DONE);
  expect(await router.receive("CANCEL")).toEqual([1, { mode: "killnowait" }]);
  expect(await outcome).toMatchObject({ error: { code: "canceled" } });
});

test("progress that does not fit ends the loop and cancels the call", async (t) => {
  const { peer, router } = await connectToFake(t);
  const call = createClient(peer, contract).count();
  await router.receive("CALL");
  const loop = call[Symbol.asyncIterator]();
  router.send("RESULT", 1, { progress: true }, ["one"]);
  expect(await failureOf(loop.next())).toMatchObject({ uri: "wampact.error.invalid_output" });
  expect(await router.receive("CANCEL")).toEqual([1, { mode: "killnowait" }]);
  expect(await loop.next()).toEqual(DONE);
});

test("a typed source of chunks is ended when its call is, though it owes a value", async (t) => {
  const { peer, router } = await connectToFake(t, {}, ROLES);
  const { source, left } = silentSource();
  const call = createClient(peer, contract).sum(source);
  await router.receive("CALL");
  router.send("RESULT", 1, {}, [7]);
  expect(await call).toBe(7);
  await left;
});

test.for([
  "before",
  "during",
])("return() %s the first page of a history ends its loop and asks for nothing more", async (when, t) => {
  const { peer, router } = await connectToFake(t);
  const loop = createClient(peer, contract).news.history()[Symbol.asyncIterator]();
  if (when === "during") {
    const pending = loop.next();
    await router.receive("CALL");
    expect(await loop.return?.()).toEqual(DONE);
    expect(await pending).toEqual(DONE);
    expect(await router.receive("CANCEL")).toEqual([1, { mode: "killnowait" }]);
  } else expect(await loop.return?.()).toEqual(DONE);
  expect(await loop.next()).toEqual(DONE);
  await peer.publish("com.example.marker");
  expect((await router.receive("PUBLISH"))[2]).toBe("com.example.marker");
});

test("limits of a history that cannot be are a TypeError at once", async (t) => {
  const { peer } = await connectToFake(t);
  const { news } = createClient(peer, contract);
  expect(() => news.history({ limit: -1 })).toThrow(
    new TypeError("history.limit: expected a non-negative integer, got -1"),
  );
  expect(() => news.history({ from: new Date("when") })).toThrow("from: expected a valid Date");
  expect(() => news.history({ pagesize: 5 } as object)).toThrow('pagesize: unknown option; did you mean "pageSize"?');
});
