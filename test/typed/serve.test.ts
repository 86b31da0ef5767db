import { expect, test, vi } from "vitest";
import { type Context, createClient, error, procedure, serve, type WampError } from "wampact";
import { createFakeClock, createTestRouter } from "wampact/testing";
import * as z from "zod";
import { connectToFake } from "../support/fake-router.js";
import { createGate, failureOf, Inbox } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

const contract = {
  one: procedure("com.example.one", { output: z.number() }),
  two: procedure("com.example.two", { output: z.number() }),
  three: procedure("com.example.three", { output: z.number() }),
  countdown: procedure("com.example.countdown", {
    input: z.object({ from: z.number() }),
    progress: z.object({ left: z.number() }),
    output: z.string(),
  }),
};
const NUMBERS = ["one", "two", "three"] as const;
const numbers = { one: () => 1, two: () => 2, three: () => 3 };

test("a handler is told who called what, by which peer, and with what limit", async (t) => {
  const { service, consumer, raw } = await startTyped(t);
  const seen = new Inbox<Context>();
  await serve(
    service,
    { one: contract.one },
    {
      one(ctx) {
        seen.push(ctx);
        return 1;
      },
    },
  );
  await createClient(consumer, contract).one({ disclose: true });
  const ctx = await seen.next();
  const { id: session, authid, authrole } = consumer.session ?? expect.unreachable();
  expect([ctx.caller, ctx.procedure, ctx.remainingMs]).toEqual([
    { session, authid, authrole },
    "com.example.one",
    undefined,
  ]);
  expect(ctx.peer).toBe(service);
  expect(ctx.signal).toBeInstanceOf(AbortSignal);
  raw.call("com.example.one");
  await raw.receive("RESULT");
  expect((await seen.next()).caller).toBeUndefined();
});

test("remainingMs counts down what the router told of a limit, and never to 0, which passed on would mean none", async (t) => {
  const { peer, router } = await connectToFake(t);
  vi.useFakeTimers({ toFake: ["Date"] });
  t.onTestFinished(() => void vi.useRealTimers());
  const seen = new Inbox<Context>();
  const serving = serve(
    peer,
    { one: contract.one },
    {
      one(ctx) {
        seen.push(ctx);
        return 1;
      },
    },
  );
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 7);
  await serving;
  router.send("INVOCATION", 1, 7, { timeout: 50 });
  const ctx = await seen.next();
  const left = [ctx.remainingMs];
  for (const laterMs of [30, 100]) {
    vi.setSystemTime(Date.now() + laterMs);
    left.push(ctx.remainingMs);
  }
  expect(left).toEqual([50, 20, 1]);
});

test("params, errors and progress are in the context where the contract has them, and nowhere else", async (t) => {
  const { service, raw } = await startTyped(t);
  const keys = new Inbox<readonly string[]>();
  const all = {
    bare: procedure("com.example.bare", {}),
    full: procedure("com.example.{which}.full", {
      progress: z.number(),
      errors: { odd: error("com.example.odd", z.void()) },
    }),
  };
  const known = ["signal", "caller", "procedure", "peer", "remainingMs", "params", "errors", "progress", "chunks"];
  const tell = (ctx: object) => keys.push(known.filter((name) => name in ctx));
  await serve(service, all, { bare: tell, full: tell });
  const common = ["signal", "caller", "procedure", "peer", "remainingMs"];
  raw.call("com.example.bare");
  expect(await keys.next()).toEqual(common);
  raw.call("com.example.x.full");
  expect(await keys.next()).toEqual([...common, "params", "errors", "progress"]);
});

test("a handler that is an async generator yields its progress and returns its result", async (t) => {
  const { service, consumer } = await startTyped(t);
  await serve(
    service,
    contract,
    {
      async *countdown({ from }) {
        for (let left = from; left > 0; left--) yield { left };
        return "liftoff";
      },
    },
    { pick: ["countdown"] },
  );
  const call = createClient(consumer, contract).countdown({ from: 3 });
  const seen: number[] = [];
  for await (const { left } of call) seen.push(left);
  expect([seen, await call.result]).toEqual([[3, 2, 1], "liftoff"]);
});

test("a generator whose caller gives up is ended at its next yield, its finally included", async (t) => {
  const { service, consumer } = await startTyped(t);
  const cleaned = createGate<number>();
  await serve(
    service,
    contract,
    {
      async *countdown(_, { signal }) {
        let yields = 0;
        try {
          yield { left: ++yields };
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          yield { left: ++yields };
          yields++;
          return "not reached";
        } finally {
          cleaned.open(yields);
        }
      },
    },
    { pick: ["countdown"] },
  );
  for await (const _ of createClient(consumer, contract).countdown({ from: 3 })) break;
  expect(await cleaned.promise).toBe(2);
});

test("a generator that yields what does not fit is ended, and the call fails as invalidOutput", async (t) => {
  const { service, consumer } = await startTyped(t);
  const cleaned = createGate();
  await serve(
    service,
    contract,
    {
      async *countdown() {
        try {
          yield { left: "three" as never };
          return "not reached";
        } finally {
          cleaned.open();
        }
      },
    },
    { pick: ["countdown"] },
  );
  expect(await createClient(consumer, contract).countdown({ from: 3 }).safe()).toMatchObject({
    error: { code: "invalidOutput", issues: [{ path: ["left"] }] },
  });
  await cleaned.promise;
});

test("handlers are called as members of their object", async (t) => {
  const { service, consumer } = await startTyped(t);
  class Counter {
    #count = 0;
    one() {
      return ++this.#count;
    }
  }
  await serve(service, { one: contract.one }, new Counter());
  const client = createClient(consumer, contract);
  expect([await client.one(), await client.one()]).toEqual([1, 2]);
});

test("a missing handler is a TypeError that names it, and nothing is registered", async (t) => {
  const { service, raw } = await startTyped(t);
  const { one: _, ...incomplete } = numbers;
  expect(await failureOf(serve(service, contract, incomplete as never))).toEqual(
    new TypeError("no handler for one, countdown; write one for each, or select a part with pick"),
  );
  raw.call("com.example.two");
  expect((await raw.receive("ERROR")).error).toBe("wamp.error.no_such_procedure");
});

test("a misspelt handler is a TypeError that names the nearest member without one", async (t) => {
  const { service } = await startTyped(t);
  const { one, three, ...rest } = numbers;
  const handlers = { ...rest, onee: one, thre: three, countdown() {} } as never;
  expect(await failureOf(serve(service, contract, handlers))).toEqual(
    new TypeError('handlers: the contract has no procedure "onee"; did you mean "one"?'),
  );
  expect(await failureOf(serve(service, contract, { ...rest, one, thre: three, countdown() {} } as never))).toEqual(
    new TypeError('handlers: the contract has no procedure "thre"; did you mean "three"?'),
  );
  class Handlers {
    onee = 1;
    two() {}
    three() {}
    countdow() {}
  }
  expect(await failureOf(serve(service, contract, new Handlers() as never))).toEqual(
    new TypeError(
      "no handler for one, countdown, but their class has countdow; write one for each, or select a part with pick",
    ),
  );
});

test.for([
  [null, "null"],
  [undefined, "nothing"],
  [[], "a list"],
  ["one", "a string"],
  [() => 1, "a function"],
])("handlers that are %s are a TypeError in words, and so is such a contract", async ([handlers, got], t) => {
  const { service } = await startTyped(t);
  expect(await failureOf(serve(service, contract, handlers as never))).toEqual(
    new TypeError(`handlers: expected an object, got ${got}`),
  );
  if (Array.isArray(handlers)) return;
  const words = `contract: expected a module of members, got ${got}`;
  expect(() => createClient(service, handlers as never)).toThrow(new TypeError(words));
  expect(await failureOf(serve(service, handlers as never, {} as never))).toEqual(new TypeError(words));
});

test("what serve fails with has the stack of who serves", async (t) => {
  const { service, raw } = await startTyped(t);
  await raw.register("com.example.two");
  const serveFrom = async () => {
    await serve(service, contract, { two: () => 2 }, { pick: ["two"] });
  };
  const refused = (await failureOf(serveFrom())) as WampError;
  expect(refused.stack).toMatch(/procedure_already_exists.*\n(?: +at .*\n)* +at .*serveFrom/);
  expect(refused.cause).toMatchObject({ uri: refused.uri, message: refused.message });
  const misspelt = async () => {
    await serve(service, contract, {} as never, { pick: ["two"] });
  };
  expect((await failureOf(misspelt())) as Error).toMatchObject({ stack: expect.stringContaining("misspelt") });
});

test("pick serves a part on purpose, and a name the contract does not have is a TypeError", async (t) => {
  const { service, consumer } = await startTyped(t);
  await serve(service, contract, { two: () => 2 }, { pick: ["two"] });
  const client = createClient(consumer, contract);
  expect(await client.two()).toBe(2);
  expect(await client.one().safe()).toMatchObject({ error: { code: "noSuchProcedure" } });
  expect(await failureOf(serve(service, contract, {} as never, { pick: ["tow" as "two"] }))).toEqual(
    new TypeError('pick: the contract has no procedure "tow"; did you mean "two"?'),
  );
});

test("one registration that fails unregisters the others", async (t) => {
  const { service, consumer, raw } = await startTyped(t);
  await raw.register("com.example.two");
  expect(await failureOf(serve(service, contract, numbers, { pick: [...NUMBERS] }))).toMatchObject({
    uri: "wamp.error.procedure_already_exists",
    args: [expect.stringContaining('"com.example.two"')],
  });
  const client = createClient(consumer, contract);
  for (const name of ["one", "three"] as const) {
    expect(await client[name]().safe()).toMatchObject({ error: { code: "noSuchProcedure" } });
  }
});

test("close unregisters every procedure at once, and resolves when the calls under way are answered", async (t) => {
  const { service, consumer } = await startTyped(t);
  const [started, gate] = [createGate(), createGate<number>()];
  const served = await serve(
    service,
    contract,
    {
      ...numbers,
      one() {
        started.open();
        return gate.promise;
      },
    },
    { pick: [...NUMBERS] },
  );
  const client = createClient(consumer, contract);
  const underWay = client.one().result;
  await started.promise;
  const order: string[] = [];
  const closing = served.close().then(() => order.push("closed"));
  for (const name of NUMBERS) {
    // The first may cross the UNREGISTER.
    expect(await client[name]().safe()).toMatchObject({
      error: { code: expect.stringMatching(/^(noSuchProcedure|unavailable)$/) },
    });
  }
  expect(order).toEqual([]);
  gate.open(7);
  expect(await underWay).toBe(7);
  await closing;
});

test("close waits for handlers no longer than drainMs, 0 not at all, and the calls are answered all the same", async () => {
  const clock = createFakeClock();
  await using router = createTestRouter({ clock });
  const [service, consumer] = [await router.connect(), await router.connect()];
  const client = createClient(consumer, contract);
  for (const drainMs of [undefined, 200, 0]) {
    const gate = createGate<number>();
    const started = createGate();
    const handlers = {
      one() {
        started.open();
        return gate.promise;
      },
    };
    const served = await serve(service, { one: contract.one }, handlers);
    const underWay = client.one().result;
    await started.promise;
    const closing = served.close(drainMs === undefined ? {} : { drainMs });
    let closed = false;
    void closing.then(() => {
      closed = true;
    });
    const limit = drainMs ?? 5_000;
    if (limit > 0) {
      await clock.advance(limit - 1);
      expect(closed).toBe(false);
      await clock.advance(1);
    }
    await closing;
    gate.open(7);
    expect(await underWay).toBe(7);
  }
});

test("close refuses options that cannot be", async (t) => {
  const { service } = await startTyped(t);
  const served = await serve(service, { one: contract.one }, { one: () => 1 });
  await expect(served.close({ drainMs: -1 })).rejects.toThrow("drainMs: expected a non-negative integer, got -1");
  await served.close();
});

test("await using a service closes it", async (t) => {
  const { service, consumer } = await startTyped(t);
  const client = createClient(consumer, contract);
  {
    await using _ = await serve(service, { one: contract.one }, { one: () => 1 });
    expect(await client.one()).toBe(1);
  }
  expect(await client.one().safe()).toMatchObject({ error: { code: "noSuchProcedure" } });
});

test("invoke of a contract shares its procedures, and invoke of serve wins over it", async (t) => {
  const { service, consumer, raw } = await startTyped(t);
  const shared = { who: procedure("com.example.who", { output: z.string(), invoke: "roundrobin" }) };
  const [first] = [
    await serve(service, shared, { who: () => "service" }),
    await serve(consumer, shared, { who: () => "consumer" }),
  ];
  const client = createClient(consumer, shared);
  expect([await client.who(), await client.who(), await client.who()]).toEqual(["service", "consumer", "service"]);
  raw.send({ type: "REGISTER", request: raw.next(), options: { invoke: "first" }, procedure: "com.example.who" });
  expect((await raw.receive("ERROR")).error).toBe("wamp.error.procedure_already_exists");
  await first.close();
  expect(await failureOf(serve(service, shared, { who: () => "again" }, { invoke: "last" }))).toMatchObject({
    uri: "wamp.error.procedure_already_exists",
  });
});

test("what a module exports beside its members is left alone", async (t) => {
  const { service, consumer } = await startTyped(t);
  const module = {
    ...contract,
    helper: () => 1,
    LIMIT: 3,
    Schema: z.string(),
    odd: error("com.example.odd", z.void()),
  };
  const client = createClient(consumer, module);
  expect(Object.keys(client)).toEqual(["one", "two", "three", "countdown"]);
  await serve(service, module, { one: () => 1 }, { pick: ["one"] });
  expect(await client.one()).toBe(1);
});
