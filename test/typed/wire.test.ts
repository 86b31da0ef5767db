import { expect, type TestContext, test } from "vitest";
import { type Contract, createClient, error, procedure, serve, topic } from "wampact";
import { result } from "wampact/peer";
import * as z from "zod";
import { failureOf } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

const Pair = z.object({ a: z.number(), b: z.number() });
type Calls = Record<string, (...given: unknown[]) => PromiseLike<unknown>>;

/** A contract of one procedure that takes `input`, seen from a raw callee. */
async function inputOnTheWire(t: TestContext, definition: object, given: readonly unknown[]) {
  const { consumer, raw } = await startTyped(t);
  const contract: Contract = { work: procedure("com.example.work", definition as never) };
  await raw.register("com.example.work");
  const call = (createClient(consumer, contract) as Calls).work?.(...given);
  const { request, args, kwargs } = await raw.receive("INVOCATION");
  raw.send({ type: "YIELD", request, options: {}, args: [null] });
  await call?.then(undefined, () => {});
  return { args, kwargs };
}

test.for<[string, object, readonly unknown[], object]>([
  ["an object", { input: Pair }, [{ a: 1, b: 2 }], { args: [], kwargs: { a: 1, b: 2 } }],
  [
    "an object seen through readonly",
    { input: Pair.readonly() },
    [{ a: 1, b: 2 }],
    { args: [], kwargs: { a: 1, b: 2 } },
  ],
  [
    "an object seen through refine, brand and lazy",
    { input: z.lazy(() => Pair.refine(() => true).brand("Pair")) },
    [{ a: 1, b: 2 }],
    { args: [], kwargs: { a: 1, b: 2 } },
  ],
  ["an empty object", { input: z.object({}) }, [{}], { args: [], kwargs: {} }],
  ["a tuple", { input: z.tuple([z.number(), z.string()]) }, [1, "b"], { args: [1, "b"], kwargs: {} }],
  [
    "a tuple with a rest",
    { input: z.tuple([z.number()], z.string()) },
    [[1, "b", "c"]],
    { args: [1, "b", "c"], kwargs: {} },
  ],
  [
    "a tuple with an optional item",
    { input: z.tuple([z.number(), z.number().optional()]) },
    [[1]],
    { args: [1], kwargs: {} },
  ],
  [
    "a tuple seen through readonly and lazy",
    { input: z.lazy(() => z.tuple([z.number(), z.string()]).readonly()) },
    [1, "b"],
    { args: [1, "b"], kwargs: {} },
  ],
  [
    "a tuple whose last item has a default",
    { input: z.tuple([z.number(), z.string().default("m")]) },
    [[1]],
    { args: [1], kwargs: {} },
  ],
  ["a string", { input: z.string() }, ["a"], { args: ["a"], kwargs: {} }],
  ["an array", { input: z.array(z.number()) }, [[1, 2]], { args: [[1, 2]], kwargs: {} }],
  ["a union", { input: z.union([Pair, z.string()]) }, [{ a: 1, b: 2 }], { args: [{ a: 1, b: 2 }], kwargs: {} }],
  ["a record", { input: z.record(z.string(), z.number()) }, [{ a: 1 }], { args: [{ a: 1 }], kwargs: {} }],
  ["a nullable object", { input: Pair.nullable() }, [null], { args: [null], kwargs: {} }],
  ["void", { input: z.void() }, [], { args: [], kwargs: {} }],
  ["no input", {}, [], { args: [], kwargs: {} }],
  [
    "an object as args[0]",
    { input: Pair, wire: { input: "arg0" } },
    [{ a: 1, b: 2 }],
    { args: [{ a: 1, b: 2 }], kwargs: {} },
  ],
  ["an array as args", { input: z.array(z.number()), wire: { input: "args" } }, [[1, 2]], { args: [1, 2], kwargs: {} }],
  [
    "a record as kwargs",
    { input: z.record(z.string(), z.number()), wire: { input: "kwargs" } },
    [{ a: 1 }],
    { args: [], kwargs: { a: 1 } },
  ],
  [
    "an object as named args and the rest as kwargs",
    { input: Pair.extend({ c: z.number() }), wire: { input: { args: ["b"], kwargs: "rest" } } },
    [{ a: 1, b: 2, c: 3 }],
    { args: [2], kwargs: { a: 1, c: 3 } },
  ],
])("as input, %s travels as its kind says", async ([, definition, given, expected], t) => {
  expect(await inputOnTheWire(t, definition, given)).toEqual(expected);
});

test.for<[string, object, unknown, object]>([
  ["an object", { output: Pair }, { a: 1, b: 2 }, { args: [{ a: 1, b: 2 }], kwargs: {} }],
  ["a tuple", { output: z.tuple([z.number(), z.number()]) }, [1, 2], { args: [[1, 2]], kwargs: {} }],
  ["a string", { output: z.string() }, "a", { args: ["a"], kwargs: {} }],
  ["void", { output: z.void() }, undefined, { args: [], kwargs: {} }],
  ["no output", {}, undefined, { args: [], kwargs: {} }],
  [
    "an object as kwargs",
    { output: Pair, wire: { output: "kwargs" } },
    { a: 1, b: 2 },
    { args: [], kwargs: { a: 1, b: 2 } },
  ],
  [
    "a tuple as args",
    { output: z.tuple([z.number(), z.number()]), wire: { output: "args" } },
    [1, 2],
    { args: [1, 2], kwargs: {} },
  ],
])("as output, %s travels so that other clients unwrap it, or as its contract says", async ([
  ,
  definition,
  value,
  expected,
], t) => {
  const { service, consumer, raw } = await startTyped(t);
  const contract: Contract = { work: procedure("com.example.work", definition as never) };
  await serve(service, contract, { work: () => value } as never);
  raw.call("com.example.work");
  const { args, kwargs } = await raw.receive("RESULT");
  expect({ args, kwargs }).toEqual(expected);
  expect(await (createClient(consumer, contract) as Calls).work?.()).toEqual(value);
});

test("a mixed mapping is gathered into one value again at the callee", async (t) => {
  const { service, raw } = await startTyped(t);
  const contract = {
    work: procedure("com.example.work", {
      input: Pair.extend({ c: z.number().optional() }),
      output: z.unknown(),
      wire: { input: { args: ["a", "b"], kwargs: "rest" } },
    }),
  };
  await serve(service, contract, { work: (input) => input });
  raw.call("com.example.work", {}, [1, 2], { c: 3 });
  expect((await raw.receive("RESULT")).args).toEqual([{ a: 1, b: 2, c: 3 }]);
  raw.call("com.example.work", {}, [1], { b: 2 });
  expect((await raw.receive("RESULT")).args).toEqual([{ a: 1, b: 2 }]);
});

test("a contract can describe a callee somebody else wrote, results in args and kwargs included", async (t) => {
  const { service, consumer } = await startTyped(t);
  await service.register("com.foreign.stat", ({ args, kwargs }) => result([args[0], "text"], { ...kwargs, size: 3 }));
  const contract = {
    stat: procedure("com.foreign.stat", {
      input: z.object({ path: z.string(), follow: z.boolean() }),
      output: z.object({ path: z.string(), kind: z.string(), size: z.number(), follow: z.boolean() }),
      wire: { input: { args: ["path"], kwargs: "rest" }, output: { args: ["path", "kind"], kwargs: "rest" } },
    }),
  };
  expect(await createClient(consumer, contract).stat({ path: "/a", follow: true })).toEqual({
    path: "/a",
    kind: "text",
    size: 3,
    follow: true,
  });
});

test("positional input reaches the handler as parameters, its context last", async (t) => {
  const { service, consumer } = await startTyped(t);
  const contract = {
    scale: procedure("com.example.scale", { input: z.tuple([z.number(), z.number()]), output: z.number() }),
    sum: procedure("com.example.sum", { input: z.tuple([z.number()], z.number()), output: z.number() }),
  };
  await serve(service, contract, {
    scale: (value, factor, ctx) => (ctx.procedure === "com.example.scale" ? value * factor : Number.NaN),
    sum: (values) => values.reduce((total, value) => total + value, 0),
  });
  const client = createClient(consumer, contract);
  expect(await client.scale(4, 2.5)).toBe(10);
  expect(await client.scale(4, 2.5, { timeoutMs: 5_000 })).toBe(10);
  expect(await client.sum([1, 2, 3])).toBe(6);
});

test("an error's data travels as its kind says: an object as kwargs, a tuple as args, anything else as args[0]", async (t) => {
  const { service, raw } = await startTyped(t);
  const errors = {
    named: error("com.example.error.named", z.object({ limit: z.number() })),
    listed: error("com.example.error.listed", z.tuple([z.number(), z.string()])),
    single: error("com.example.error.single", z.string()),
    bare: error("com.example.error.bare", z.void()),
  };
  const contract = { fail: procedure("com.example.fail", { input: z.string(), errors }) };
  await serve(service, contract, {
    fail(which, ctx) {
      if (which === "named") throw ctx.errors.named({ limit: 3 });
      if (which === "listed") throw ctx.errors.listed([3, "three"]);
      if (which === "single") throw ctx.errors.single("only");
      throw ctx.errors.bare();
    },
  });
  const seen = [];
  for (const which of ["named", "listed", "single", "bare"]) {
    raw.call("com.example.fail", {}, [which]);
    const { error: uri, args, kwargs } = await raw.receive("ERROR");
    seen.push([uri, args, kwargs]);
  }
  expect(seen).toEqual([
    ["com.example.error.named", [], { limit: 3 }],
    ["com.example.error.listed", [3, "three"], {}],
    ["com.example.error.single", ["only"], {}],
    ["com.example.error.bare", [], {}],
  ]);
});

test.for<[string, object, unknown, object]>([
  ["an object", { event: Pair }, { a: 1, b: 2 }, { args: [], kwargs: { a: 1, b: 2 } }],
  ["a tuple", { event: z.tuple([z.number(), z.number()]) }, [1, 2], { args: [1, 2], kwargs: {} }],
  ["a string", { event: z.string() }, "a", { args: ["a"], kwargs: {} }],
  ["an object as args[0]", { event: Pair, wire: "arg0" }, { a: 1, b: 2 }, { args: [{ a: 1, b: 2 }], kwargs: {} }],
])("as event, %s travels as its kind says", async ([, definition, value, expected], t) => {
  const { consumer, raw } = await startTyped(t);
  const contract: Contract = { news: topic("com.example.news", definition as never) };
  await raw.subscribe("com.example.news");
  const client = createClient(consumer, contract) as Record<string, { publish(event: unknown): Promise<unknown> }>;
  await client.news?.publish(value);
  const { args, kwargs } = await raw.receive("EVENT");
  expect({ args, kwargs }).toEqual(expected);
});

test("call options of a contract, of a client and of a call: the nearest wins", async (t) => {
  const { consumer, raw } = await startTyped(t);
  const contract = { slow: procedure("com.example.slow", { timeoutMs: 30, disclose: true }) };
  await raw.register("com.example.slow");
  const reads = async (call: PromiseLike<unknown>) => failureOf(call);
  const timeouts = await Promise.all([
    reads(createClient(consumer, contract).slow()),
    reads(createClient(consumer, contract, { timeoutMs: 20 }).slow()),
    reads(createClient(consumer, contract, { timeoutMs: 20 }).slow({ timeoutMs: 10, disclose: false })),
  ]);
  expect(timeouts).toMatchObject([30, 20, 10].map((ms) => ({ args: [`no answer within ${ms} ms`] })));
  const disclosed = [];
  for (let call = 0; call < 3; call++) disclosed.push((await raw.receive("INVOCATION")).details.caller);
  expect(disclosed).toEqual([consumer.session?.id, consumer.session?.id, undefined]);
});
