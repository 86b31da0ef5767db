import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createClient, type Middleware, procedure, retry, serve, topic, WampError } from "wampact";
import * as z from "zod";
import { failureOf, Inbox } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

const contract = {
  double: procedure("com.example.{room}.double", { input: z.object({ n: z.number() }), output: z.number() }),
  count: procedure("com.example.count", { progress: z.int(), output: z.int() }),
  fetch: procedure("com.example.fetch", { output: z.int(), idempotent: true }),
  buy: procedure("com.example.buy", { output: z.int() }),
  news: topic("com.example.news", { event: z.object({ n: z.int() }) }),
};

/** Notes what passes, on both ways. */
function noting(notes: unknown[], who: string): Middleware {
  return async ({ kind, name, uri, params, input }, next) => {
    notes.push([who, kind, name, uri, params, input]);
    try {
      const result = await next();
      notes.push([who, "result", result]);
      return result;
    } catch (error) {
      notes.push([who, "error", String(error)]);
      throw error;
    }
  };
}

test("layers see a call from outside in and its result from inside out, on both sides", async (t) => {
  const { service, consumer } = await startTyped(t);
  const notes: unknown[] = [];
  const handlers = { double: ({ n }: { n: number }) => n * 2 };
  await serve(service, contract, handlers, { pick: ["double"], use: [noting(notes, "callee")] });
  const client = createClient(consumer, contract, { use: [noting(notes, "outer"), noting(notes, "inner")] });
  expect(await client.double({ room: "a" }, { n: 2 })).toBe(4);
  const seen = ["double", "com.example.a.double", { room: "a" }, { n: 2 }];
  expect(notes).toEqual([
    ["outer", "call", ...seen],
    ["inner", "call", ...seen],
    ["callee", "invoke", ...seen],
    ["callee", "result", 4],
    ["inner", "result", 4],
    ["outer", "result", 4],
  ]);
});

test("layers see a failure, the refusal of an input included", async (t) => {
  const { consumer } = await startTyped(t);
  const notes: unknown[] = [];
  const client = createClient(consumer, contract, { use: [noting(notes, "me")] });
  const outcome = await client.double({ room: "a" }, { n: "two" as never }).safe();
  expect(outcome).toMatchObject({ error: { code: "invalidInput" } });
  expect(notes.at(-1)).toEqual([
    "me",
    "error",
    "WampError: com.example.a.double failed with invalidInput: input.n: expected number, got a string",
  ]);
});

test("a layer at the callee refuses by throwing, and what it adds is typed in the handler's context", async (t) => {
  const { service, consumer } = await startTyped(t);
  interface User {
    readonly user: { readonly name: string };
  }
  const auth: Middleware<User> = async ({ input }, next) => {
    if ((input as { n: number }).n > 10) throw new WampError("wamp.error.not_authorized");
    return next({ user: { name: "ada" } });
  };
  const traced: Middleware<{ readonly trace: string }> = (_, next) => next({ trace: "t1" });
  const heard: string[] = [];
  await serve(
    service,
    { double: contract.double },
    {
      double({ n }, { user, trace, signal, remainingMs, params }) {
        heard.push(`${user.name} ${trace} ${signal.aborted} ${remainingMs !== undefined} ${params.room}`);
        return n;
      },
    },
    { use: [auth, traced] },
  );
  const client = createClient(consumer, contract);
  expect(await client.double({ room: "a" }, { n: 1 }, { timeoutMs: 5_000 })).toBe(1);
  expect(heard).toEqual(["ada t1 false true a"]);
  expect(await client.double({ room: "a" }, { n: 11 }).safe()).toMatchObject({ error: { code: "notAuthorized" } });
});

test("a layer at the caller adds to the options of the call, and may change the result", async (t) => {
  const { service, consumer } = await startTyped(t);
  const handlers = { buy: (ctx: { remainingMs: number | undefined }) => Math.ceil((ctx.remainingMs ?? 0) / 10_000) };
  await serve(service, contract, handlers, { pick: ["buy"] });
  const limited: Middleware = async (_, next) => Number(await next({ timeoutMs: 60_000 })) + 1;
  expect(await createClient(consumer, contract, { use: [limited] }).buy()).toBe(7);
});

test("progress and cancelling pass through layers", async (t) => {
  const { service, consumer } = await startTyped(t);
  let aborted = false;
  const handlers = {
    async *count({ signal }: { signal: AbortSignal }) {
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      for (let n = 0; ; n++) yield n;
      // biome-ignore lint/correctness/noUnreachable: gives the generator its return type
      return 0;
    },
  };
  await serve(service, contract, handlers, { pick: ["count"], use: [(_, next) => next()] });
  const client = createClient(consumer, contract, { use: [(_, next) => next()] });
  const heard: number[] = [];
  for await (const n of client.count()) {
    heard.push(n);
    if (heard.length === 3) break;
  }
  expect(heard).toEqual([0, 1, 2]);
  await expect.poll(() => aborted).toBe(true);
});

test("events pass through layers on their way out and in", async (t) => {
  const { service, consumer } = await startTyped(t);
  const [sent, received]: [unknown[], unknown[]] = [[], []];
  const heard = new Inbox<unknown>();
  const subscriber = createClient(service, contract, { use: [noting(received, "subscriber")] });
  await subscriber.news.subscribe(({ data }) => heard.push(data));
  const publisher = createClient(consumer, contract, { use: [noting(sent, "publisher")] });
  expect(await publisher.news.publish({ n: 1 })).toEqual({ publication: undefined });
  expect(await heard.next()).toEqual({ n: 1 });
  const seen = ["news", "com.example.news", {}, { n: 1 }];
  expect(sent).toEqual([
    ["publisher", "publish", ...seen],
    ["publisher", "result", { publication: undefined }],
  ]);
  await expect
    .poll(() => received)
    .toEqual([
      ["subscriber", "event", ...seen],
      ["subscriber", "result", undefined],
    ]);
});

test("retry calls an idempotent procedure again while it is not available, and no other", async (t) => {
  const { service, consumer } = await startTyped(t);
  let calls = 0;
  const flaky = () => {
    calls++;
    if (calls < 3) throw new WampError("wamp.error.unavailable");
    return calls;
  };
  await serve(service, contract, { fetch: flaky, buy: flaky }, { pick: ["fetch", "buy"] });
  const client = createClient(consumer, contract, { use: [retry({ minMs: 1 })] });
  expect(await failureOf(client.buy())).toMatchObject({ uri: "wamp.error.no_available_callee" });
  expect(calls).toBe(1);
  calls = 0;
  expect(await client.fetch()).toBe(3);
  calls = -10;
  expect(await failureOf(client.fetch())).toMatchObject({ uri: "wamp.error.no_available_callee" });
  expect(calls).toBe(-7);
});

test("retry calls again until a callee is there", async (t) => {
  const { service, consumer } = await startTyped(t);
  const client = createClient(consumer, contract, { use: [retry({ attempts: 1_000, minMs: 1, maxMs: 2 })] });
  expect(await failureOf(createClient(consumer, contract).fetch())).toMatchObject({
    uri: "wamp.error.no_such_procedure",
  });
  const early = client.fetch();
  await sleep(20);
  await serve(service, contract, { fetch: () => 7 }, { pick: ["fetch"] });
  expect(await early).toBe(7);
});

test("a signal that is aborted between two attempts settles the call at once", async (t) => {
  const { service, consumer } = await startTyped(t);
  const controller = new AbortController();
  const handlers = {
    fetch: () => {
      setImmediate(() => controller.abort());
      throw new WampError("wamp.error.unavailable");
    },
  };
  await serve(service, contract, handlers, { pick: ["fetch"] });
  const client = createClient(consumer, contract, { use: [retry({ minMs: 2 ** 30, maxMs: 2 ** 30 })] });
  expect(await client.fetch({ signal: controller.signal }).safe()).toMatchObject({ error: { code: "canceled" } });
});

test("a deprecated member says so once, to whom the client names", async (t) => {
  const { service, consumer } = await startTyped(t);
  const old = {
    add: procedure("com.example.add", { output: z.int(), deprecated: "use sum" }),
    happened: topic("com.example.happened", { event: z.int(), deprecated: "use news" }),
  };
  await serve(service, old, { add: () => 1 });
  const told: string[] = [];
  const client = createClient(consumer, old, { onDeprecated: (message) => told.push(message) });
  await client.add();
  await client.add();
  await client.happened.publish(1);
  await client.happened.publish(2);
  expect(told).toEqual([
    "add (com.example.add) is deprecated: use sum",
    "happened (com.example.happened) is deprecated: use news",
  ]);
});

test("what a report of a deprecated member throws harms no call", async (t) => {
  const { service, consumer, told } = await startTyped(t);
  const old = { add: procedure("com.example.add", { output: z.int(), deprecated: "use sum" }) };
  await serve(service, old, { add: () => 1 });
  const broken = new Error("the report failed");
  const client = createClient(consumer, old, {
    onDeprecated() {
      throw broken;
    },
  });
  expect(await client.add()).toBe(1);
  expect(told).toEqual([broken]);
});
