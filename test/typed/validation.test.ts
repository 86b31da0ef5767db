import { expect, test } from "vitest";
import { createClient, procedure, serve, topic } from "wampact";
import { result } from "wampact/peer";
import * as z from "zod";
import { failureOf, Inbox } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

const IsoDate = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
const NEW_YEAR = new Date("2026-01-01T00:00:00.000Z");

const contract = {
  add: procedure("com.example.add", { input: z.object({ a: z.number(), b: z.number() }), output: z.number() }),
  when: procedure("com.example.when", {
    input: z.object({ from: IsoDate, days: z.number().default(1) }),
    output: z.object({ to: IsoDate, days: z.number() }),
  }),
};

const NUMBER_EXPECTED = { code: "invalid_type", expected: "number", message: "expected number" };

test("input that does not fit fails at the caller, with issues, and is not sent", async (t) => {
  const { consumer, raw } = await startTyped(t);
  await raw.register("com.example.add");
  const client = createClient(consumer, contract);
  expect(await client.add({ a: "secret", b: 1 } as never).safe()).toMatchObject({
    ok: false,
    error: { code: "invalidInput", uri: "wamp.error.invalid_argument", issues: [{ path: ["a"], ...NUMBER_EXPECTED }] },
  });
  expect(await failureOf(client.add({ a: "secret" } as never))).toMatchObject({
    uri: "wamp.error.invalid_argument",
    message: "com.example.add failed with invalidInput: input.a: expected number, got a string (and 1 more)",
  });
  await raw.settle();
  expect(raw.unread()).toEqual([]);
});

test("input of a raw caller that does not fit is answered with issues in kwargs, and no value is echoed", async (t) => {
  const { service, raw, told } = await startTyped(t);
  await serve(service, contract, { add: () => expect.unreachable(), when: () => expect.unreachable() });
  raw.call("com.example.add", {}, [], { a: "secret-1", b: ["secret-2"] });
  const answer = await raw.receive("ERROR");
  expect([answer.error, answer.args, answer.kwargs]).toEqual([
    "wamp.error.invalid_argument",
    ["com.example.add input.a: expected number (and 1 more)"],
    {
      issues: [
        { path: ["a"], ...NUMBER_EXPECTED },
        { path: ["b"], ...NUMBER_EXPECTED },
      ],
    },
  ]);
  expect(JSON.stringify(answer)).not.toContain("secret");
  expect(told).toEqual([]);
});

test.for<[string, z.ZodType, unknown, object]>([
  [
    "a text too short",
    z.string().min(5),
    "secret".slice(0, 3),
    { code: "too_small", message: "expected at least 5 characters" },
  ],
  ["a number too big", z.number().max(9), 4711, { code: "too_big", message: "expected at most 9" }],
  [
    "no such choice",
    z.enum(["red", "green"]),
    "secret",
    { code: "invalid_value", message: 'expected one of "red", "green"' },
  ],
  ["a format", z.email(), "secret", { code: "invalid_format", message: "expected the format email" }],
  ["not a multiple", z.number().multipleOf(5), 4711, { code: "not_multiple_of", message: "expected a multiple of 5" }],
  [
    "more than one alternative",
    z.xor([z.string(), z.string().min(1)]),
    "secret",
    { code: "invalid_union", message: "matches more than one of the alternatives" },
  ],
  [
    "the author's own check",
    z.string().refine(() => false, "secret words"),
    "secret",
    { code: "custom", message: "rejected by a check of the schema" },
  ],
  [
    "an unknown key",
    z.strictObject({}),
    { ["k".repeat(80)]: 1 },
    { code: "unrecognized_keys", message: `unknown key "${"k".repeat(63)}…"` },
  ],
])("an issue for %s is rebuilt from its code, without the value", async ([, schema, value, issue], t) => {
  const { service, raw } = await startTyped(t);
  const one = { work: procedure("com.example.work", { input: schema, wire: { input: "arg0" } }) };
  await serve(service, one, { work: () => expect.unreachable() } as never);
  raw.call("com.example.work", {}, [value]);
  const answer = await raw.receive("ERROR");
  expect(answer.kwargs.issues).toMatchObject([{ path: [], ...issue }]);
  expect(JSON.stringify(answer)).not.toMatch(/secret|4711/);
});

test("at most twenty issues travel, and keys are cut at 64 characters", async (t) => {
  const { service, raw } = await startTyped(t);
  const one = { work: procedure("com.example.work", { input: z.record(z.string(), z.number()) }) };
  await serve(service, one, { work: () => expect.unreachable() });
  const long = "k".repeat(80);
  const value = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${long}${index}`, "x"]));
  raw.call("com.example.work", {}, [value]);
  const { issues } = (await raw.receive("ERROR")).kwargs as { issues: { path: string[] }[] };
  expect(issues).toHaveLength(20);
  expect(issues[0]?.path).toEqual([`${"k".repeat(63)}…`]);
});

test("output that does not fit is invalid_output at the callee already, without the value", async (t) => {
  const { service, consumer, raw, told } = await startTyped(t);
  await serve(service, contract, { add: () => "secret" as never, when: () => expect.unreachable() });
  raw.call("com.example.add", {}, [], { a: 1, b: 2 });
  const answer = await raw.receive("ERROR");
  expect([answer.error, answer.args, answer.kwargs]).toEqual([
    "wampact.error.invalid_output",
    ["com.example.add output: expected number"],
    { issues: [{ path: [], ...NUMBER_EXPECTED }] },
  ]);
  expect(await createClient(consumer, contract).add({ a: 1, b: 2 }).safe()).toMatchObject({
    ok: false,
    error: { code: "invalidOutput", issues: [{ path: [], ...NUMBER_EXPECTED }] },
  });
  expect(told).toEqual([]);
});

test("output of a raw callee that does not fit is invalidOutput at the caller", async (t) => {
  const { service, consumer } = await startTyped(t);
  await service.register("com.example.add", () => "three");
  expect(await createClient(consumer, contract).add({ a: 1, b: 2 }).safe()).toMatchObject({
    ok: false,
    error: {
      code: "invalidOutput",
      uri: "wampact.error.invalid_output",
      issues: [{ path: [], ...NUMBER_EXPECTED }],
    },
  });
});

test("progress that does not fit fails the call at the callee, and from a raw callee in the caller's loop", async (t) => {
  const ticking = { ticks: procedure("com.example.ticks", { progress: z.number(), output: z.void() }) };
  const { service, consumer, raw } = await startTyped(t);
  const served = await serve(service, ticking, { ticks: ({ progress }) => progress("one" as never) });
  const client = createClient(consumer, ticking);
  expect(await client.ticks().safe()).toMatchObject({ ok: false, error: { code: "invalidOutput" } });
  await served.close();
  await raw.register("com.example.ticks");
  const call = client.ticks();
  const { request } = await raw.receive("INVOCATION");
  raw.send({ type: "YIELD", request, options: { progress: true }, args: ["one"] });
  const loop = async () => {
    for await (const _ of call) expect.unreachable();
  };
  expect(await failureOf(loop())).toMatchObject({
    uri: "wampact.error.invalid_output",
    args: ["com.example.ticks progress: expected number"],
  });
  expect((await raw.receive("INTERRUPT")).request).toBe(request); // nobody reads on
  expect(await call.safe()).toMatchObject({ ok: false, error: { code: "canceled" } });
});

test("codecs: a date is a Date on both ends and ISO text on the wire", async (t) => {
  const { service, consumer, raw } = await startTyped(t);
  const seen = new Inbox<unknown>();
  const served = await serve(service, contract, {
    add: ({ a, b }) => a + b,
    when({ from, days }) {
      seen.push({ from, days });
      return { to: new Date(from.getTime() + days * 86_400_000), days };
    },
  });
  const client = createClient(consumer, contract);
  expect(await client.when({ from: NEW_YEAR, days: 2 })).toEqual({ to: new Date("2026-01-03T00:00:00.000Z"), days: 2 });
  expect(await seen.next()).toEqual({ from: NEW_YEAR, days: 2 });
  raw.call("com.example.when", {}, [], { from: "2026-01-01T00:00:00.000Z", days: 1 });
  expect((await raw.receive("RESULT")).args).toEqual([{ to: "2026-01-02T00:00:00.000Z", days: 1 }]);
  await served.close();
  await raw.register("com.example.when");
  const call = client.when({ from: NEW_YEAR, days: 2 });
  const { request, kwargs } = await raw.receive("INVOCATION");
  expect(kwargs).toEqual({ from: "2026-01-01T00:00:00.000Z", days: 2 });
  raw.send({ type: "YIELD", request, options: {}, args: [{ to: "2026-01-03T00:00:00.000Z", days: 2 }] });
  expect((await call).to).toEqual(new Date("2026-01-03T00:00:00.000Z"));
});

test("defaults: the sender leaves a member out, on the wire too, and the receiver has it", async (t) => {
  const { service, consumer, raw } = await startTyped(t);
  const seen = new Inbox<unknown>();
  await raw.subscribe("com.example.stamped");
  const stamped = {
    ...contract,
    stamped: topic("com.example.stamped", { event: z.object({ at: IsoDate, level: z.string().default("info") }) }),
  };
  await serve(service, stamped, {
    add: ({ a, b }) => a + b,
    when(input) {
      seen.push(input);
      return { to: input.from, days: input.days };
    },
  });
  const client = createClient(consumer, stamped);
  expect((await client.when({ from: NEW_YEAR })).days).toBe(1);
  expect(await seen.next()).toEqual({ from: NEW_YEAR, days: 1 });
  const events = new Inbox<unknown>();
  await createClient(service, stamped).stamped.subscribe(({ data }) => events.push(data));
  await client.stamped.publish({ at: NEW_YEAR });
  expect((await raw.receive("EVENT")).kwargs).toEqual({ at: NEW_YEAR.toISOString() });
  expect(await events.next()).toEqual({ at: NEW_YEAR, level: "info" });
});

test(".transform() in an input: the sender writes its input, the handler has its result", async (t) => {
  const { service, consumer, raw } = await startTyped(t);
  const words = {
    count: procedure("com.example.count", {
      input: z.object({ text: z.string().transform((text) => text.split(" ")) }),
      output: z.number(),
    }),
  };
  const served = await serve(service, words, { count: ({ text }) => text.length });
  const client = createClient(consumer, words);
  expect(await client.count({ text: "one two three" })).toBe(3);
  expect(await client.count({ text: 3 } as never).safe()).toMatchObject({ error: { code: "invalidInput" } });
  await served.close();
  await raw.register("com.example.count");
  const call = client.count({ text: "as it is" });
  const { request, kwargs } = await raw.receive("INVOCATION");
  expect(kwargs).toEqual({ text: "as it is" });
  raw.send({ type: "YIELD", request, options: {}, args: [3] });
  expect(await call).toBe(3);
});

test("asynchronous refinements run on both ends, and the order of progress and result stays", async (t) => {
  const free = z.string().refine(async (name) => name !== "taken");
  const names = {
    reserve: procedure("com.example.reserve", {
      input: z.object({ name: free }),
      progress: z.number(),
      output: free,
    }),
  };
  const { service, consumer, raw } = await startTyped(t);
  await serve(service, names, {
    reserve({ name }, { progress }) {
      progress(1);
      progress(2);
      return name;
    },
  });
  const client = createClient(consumer, names);
  for (let round = 0; round < 2; round++) {
    const call = client.reserve({ name: "free" });
    const seen: number[] = [];
    for await (const value of call) seen.push(value);
    expect([seen, await call]).toEqual([[1, 2], "free"]);
    expect(await client.reserve({ name: "taken" }).safe()).toMatchObject({ error: { code: "invalidInput" } });
  }
  raw.call("com.example.reserve", {}, [], { name: "taken" });
  expect(await raw.receive("ERROR")).toMatchObject({ error: "wamp.error.invalid_argument" });
});

test("a call with an asynchronous schema that is canceled before its input is ready is never sent", async (t) => {
  const { consumer, raw } = await startTyped(t);
  const slow = { work: procedure("com.example.work", { input: z.string().refine(async () => true) }) };
  await raw.register("com.example.work");
  const call = createClient(consumer, slow).work("a");
  call.cancel();
  expect(await call.safe()).toMatchObject({ ok: false, error: { code: "canceled", uri: "wamp.error.canceled" } });
  await raw.settle();
  expect(raw.unread()).toEqual([]);
});

test.for([
  ["both", "invalidInput", "invalidOutput"],
  ["receive", "unchecked", "invalidOutput"],
  ["none", "unchecked", "unchecked"],
] as const)("a client that validates %s: input is %s, output is %s", async ([validate, input, output], t) => {
  const { service, consumer } = await startTyped(t);
  await service.register("com.example.add", ({ kwargs }) => `${kwargs.a}`);
  const outcome = await createClient(consumer, contract, { validate })
    .add({ a: "one", b: 2 } as never)
    .safe();
  if (input === "invalidInput") expect(outcome).toMatchObject({ error: { code: "invalidInput" } });
  const fitting = await createClient(consumer, contract, { validate }).add({ a: 1, b: 2 }).safe();
  if (output === "invalidOutput") expect(fitting).toMatchObject({ error: { code: "invalidOutput" } });
  else
    expect([outcome, fitting]).toEqual([
      { ok: true, value: "one" },
      { ok: true, value: "1" },
    ]);
});

test.for([
  ["both", "wamp.error.invalid_argument", "wampact.error.invalid_output"],
  ["receive", "wamp.error.invalid_argument", undefined],
  ["none", undefined, undefined],
] as const)("a service that validates %s: input is refused with %s, output with %s", async ([
  validate,
  input,
  output,
], t) => {
  const { service, raw } = await startTyped(t);
  await serve(service, contract, { add: ({ a }) => `${a}` as never, when: () => expect.unreachable() }, { validate });
  raw.call("com.example.add", {}, [], { a: "one", b: 2 });
  if (input) expect((await raw.receive("ERROR")).error).toBe(input);
  else expect((await raw.receive("RESULT")).args).toEqual(["one"]);
  raw.call("com.example.add", {}, [], { a: 1, b: 2 });
  if (output) expect((await raw.receive("ERROR")).error).toBe(output);
  else expect((await raw.receive("RESULT")).args).toEqual(["1"]);
});

test("validate none still runs a schema with a codec, default or transform, checks included", async (t) => {
  const { service, consumer } = await startTyped(t);
  await service.register("com.example.when", ({ kwargs }) => ({ to: kwargs.from, days: 7 }));
  const client = createClient(consumer, contract, { validate: "none" });
  expect(await client.when({ from: NEW_YEAR })).toEqual({ to: NEW_YEAR, days: 7 });
  expect(await client.when({ from: NEW_YEAR, days: "many" } as never).safe()).toMatchObject({
    error: { code: "invalidInput" },
  });
});

test("whatever a peer sends, args and kwargs that the contract does not know are let be", async (t) => {
  const { service, raw } = await startTyped(t);
  await serve(service, contract, { add: ({ a, b }) => a + b, when: () => expect.unreachable() });
  raw.call("com.example.add", {}, ["ignored"], { a: 1, b: 2, more: true });
  expect((await raw.receive("RESULT")).args).toEqual([3]);
});

test("a client takes the first argument of a result and leaves the rest", async (t) => {
  const { service, consumer } = await startTyped(t);
  await service.register("com.example.add", () => result([3, "more"], { unit: "m" }));
  expect(await createClient(consumer, contract).add({ a: 1, b: 2 })).toBe(3);
});
