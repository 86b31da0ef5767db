import { expect, test } from "vitest";
import { createClient, error, procedure, topic } from "wampact";
import { createFakeClock, createTestRouter, mockService, sampleOf } from "wampact/testing";
import * as z from "zod";

const limitReached = error("com.example.error.limit", z.object({ limit: z.int() }));
const Account = z.object({
  id: z.uuid(),
  owner: z.string().min(3),
  opened: z.codec(z.iso.datetime(), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  }),
  balance: z.number().default(0),
  note: z.string().optional(),
});
const contract = {
  open: procedure("com.example.{bank}.open", {
    input: z.object({ owner: z.string() }),
    output: Account,
    errors: { limitReached },
  }),
  add: procedure("com.example.add", {
    input: z.tuple([z.number(), z.number()]),
    output: z.number(),
  }),
  code: procedure("com.example.code", { output: z.string().regex(/^[a-z]{3}-\d+$/) }),
  slow: procedure("com.example.slow", { timeoutMs: 30_000 }),
  opened: topic("com.example.opened", { event: Account }),
};

test("a mock answers with samples of the output, and records what it was given", async () => {
  await using router = createTestRouter();
  const [service, consumer] = [await router.connect(), await router.connect()];
  const mock = await mockService(service, contract);
  const client = createClient(consumer, contract);
  expect(await client.open({ bank: "b1" }, { owner: "ada" })).toEqual({
    id: "00000000-0000-4000-8000-000000000000",
    owner: "sample",
    opened: new Date("2026-01-01T00:00:00.000Z"),
    balance: 0,
  });
  expect(await client.add(1, 2)).toBe(0);
  expect(mock.calls).toEqual({ open: [[{ owner: "ada" }]], add: [[1, 2]], code: [], slow: [] });
  mock.reset();
  expect(mock.calls.add).toEqual([]);
});

test("a mock answers by rule, given at the start or later, declared errors included", async () => {
  await using router = createTestRouter();
  const [service, consumer] = [await router.connect(), await router.connect()];
  const mock = await mockService(service, contract, { add: (a, b) => a + b });
  const client = createClient(consumer, contract);
  expect(await client.add(1, 2)).toBe(3);
  mock.answer("open", (_, { errors, params }) => {
    throw errors.limitReached({ limit: params.bank.length });
  });
  expect(await client.open({ bank: "b1" }, { owner: "ada" }).safe()).toMatchObject({
    error: { code: "limitReached", data: { limit: 2 } },
  });
  mock.reset();
  expect(await client.add(1, 2)).toBe(3);
  expect(await client.open({ bank: "b1" }, { owner: "ada" })).toMatchObject({ owner: "sample" });
});

test("an output that no sample can be made for says what to do", async () => {
  const told: unknown[] = [];
  await using router = createTestRouter();
  const [service, consumer] = [
    await router.connect({ onError: (each) => told.push((each as Error).cause) }),
    await router.connect(),
  ];
  await mockService(service, contract);
  expect(await createClient(consumer, contract).code().safe()).toMatchObject({ error: { code: "internal" } });
  expect(told).toEqual([
    new TypeError(
      "mock of code: no sample matches the schema: value: expected a string that matches /^[a-z]{3}-\\d+$/; " +
        "add .meta({ examples: [...] }) to the schema, or pass a handler",
    ),
  ]);
});

test("a fake clock lets time limits pass at once, at the caller and at the callee", async () => {
  const clock = createFakeClock();
  await using router = createTestRouter({ clock });
  const [service, consumer] = [await router.connect(), await router.connect()];
  const left: (number | undefined)[] = [];
  const reasons: unknown[] = [];
  await mockService(service, contract, {
    slow: (ctx) =>
      new Promise((_, reject) => {
        left.push(ctx.remainingMs);
        clock.after(10_000, () => left.push(ctx.remainingMs));
        ctx.signal.addEventListener("abort", () => {
          reasons.push(ctx.signal.reason.uri);
          reject(ctx.signal.reason);
        });
      }),
  });
  const outcome = createClient(consumer, contract).slow().safe();
  await clock.advance(29_999);
  expect(reasons).toEqual([]);
  await clock.advance(1);
  expect(await outcome).toMatchObject({ error: { code: "timeout" } });
  expect(left).toEqual([30_000, 20_000]);
  expect(reasons).toEqual(["wamp.error.canceled"]); // the caller's own limit was up first, and cancelled the call
  expect(clock.timers).toBe(0);
});

test("mockService rejects a handler of a procedure that the contract does not have", async () => {
  await using router = createTestRouter();
  const misspelled: object = { slwo: () => {} };
  await expect(mockService(await router.connect(), contract, misspelled)).rejects.toThrow(
    new TypeError('rules: the contract has no procedure "slwo"; did you mean "slow"?'),
  );
});

test("createFakeClock rejects an unknown option", () => {
  const misspelled: object = { nwo: 5 };
  expect(() => createFakeClock(misspelled)).toThrow(
    new TypeError('createFakeClock.nwo: unknown option; did you mean "now"?'),
  );
});

test("a fake clock runs timers in the order they are due, those set on the way included", async () => {
  const clock = createFakeClock({ now: 100 });
  const ran: string[] = [];
  clock.after(20, () => ran.push(`b ${clock.now()}`));
  clock.after(10, () => {
    ran.push(`a ${clock.now()}`);
    clock.after(5, () => ran.push(`c ${clock.now()}`));
  });
  const stop = clock.after(15, () => ran.push("never"));
  stop();
  clock.after(30, () => ran.push("not yet"));
  await clock.advance(20);
  expect(ran).toEqual(["a 110", "c 115", "b 120"]);
  expect([clock.now(), clock.timers]).toEqual([120, 1]);
});

const Tree: z.ZodType<{ value: number; children: unknown[] }> = z.object({
  value: z.int(),
  get children() {
    return z.array(Tree);
  },
});

test.for<[string, z.ZodType, unknown]>([
  ["a bounded integer", z.int().min(5).max(9), 5],
  ["a number above a bound", z.number().gt(3), 3.5],
  ["a negative bound", z.int().max(-4), -4],
  ["a multiple", z.int().min(7).multipleOf(5), 10],
  ["a long text", z.string().min(10), "sample...."],
  ["a short text", z.string().max(3), "sam"],
  ["an e-mail address", z.email(), "someone@example.com"],
  ["an enum", z.enum(["b", "a"]), "b"],
  ["a literal", z.literal(7), 7],
  ["a union", z.union([z.boolean(), z.string()]), true],
  ["a discriminated union", z.discriminatedUnion("k", [z.object({ k: z.literal("a"), n: z.int() })]), { k: "a", n: 0 }],
  ["an intersection", z.intersection(z.object({ a: z.int() }), z.object({ b: z.int() })), { a: 0, b: 0 }],
  ["a tuple", z.tuple([z.string(), z.boolean()]), ["sample", true]],
  ["a list with a least length", z.array(z.int()).min(2), [0, 0]],
  ["a record", z.record(z.string(), z.int()), {}],
  ["a nullable", z.string().nullable(), "sample"],
  ["a default", z.object({ limit: z.int().default(10) }), { limit: 10 }],
  ["an example", z.string().meta({ examples: ["abc-1"] }), "abc-1"],
  ["a recursive schema", Tree, { value: 0, children: [] }],
  ["a shared part", z.object({ a: Account.shape.owner, b: Account.shape.owner }), { a: "sample", b: "sample" }],
  ["unknown", z.unknown(), null],
])("the sample of %s fits it", ([, schema, expected]) => {
  expect(sampleOf(schema)).toEqual(expected);
});
