import { expect, test } from "vitest";
import { createClient, procedure, serve } from "wampact";
import * as z from "zod";
import { failureOf } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

const way = { decode: () => new Date(), encode: () => "" };
const Payment = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("card"), number: z.string().min(8) }),
  z.object({ kind: z.literal(["cash", "coin"]) }),
]);
const Plain = z.union([
  z.object({ kind: z.literal("card"), number: z.string(), month: z.int() }),
  z.object({ kind: z.literal("cash"), amount: z.int() }),
  z.string(),
]);
const Tree: z.ZodType = z.lazy(() => z.union([z.int(), z.object({ inner: Tree })]));

test.for<[string, z.ZodType, unknown, string, string]>([
  [
    "a wrong discriminator",
    Payment,
    { kind: "cardd" },
    '.kind: expected one of "card", "cash", "coin"',
    ', got "cardd"',
  ],
  ["a discriminator that is missing", Payment, {}, '.kind: expected one of "card", "cash", "coin"', ", got nothing"],
  [
    "a discriminator of another type",
    Payment,
    { kind: { a: 1 } },
    '.kind: expected one of "card", "cash", "coin"',
    ", got a dictionary",
  ],
  [
    "a discriminator deep inside",
    z.object({ list: z.array(Payment) }),
    { list: [{ kind: 7 }] },
    '.list[0].kind: expected one of "card", "cash", "coin"',
    ", got 7",
  ],
  [
    "a wrong member of a discriminated union",
    Payment,
    { kind: "card", number: "secret" },
    ".number: expected at least 8 characters",
    "",
  ],
  [
    "a union's closest alternative",
    Plain,
    { kind: "cash", amount: "secret" },
    ".amount: expected number (in the closest of 3 alternatives)",
    ", got a string",
  ],
  [
    "a union inside a union",
    z.union([z.boolean(), Plain]),
    { kind: "cash", amount: 1.5 },
    ".amount: expected int (in the closest of 2 alternatives)",
    ", got a fraction",
  ],
  ["no type of a union", z.union([z.string(), z.int()]), true, ": expected string or number", ", got a boolean"],
  ["no literal of a union", z.union([z.literal("a"), z.literal("b")]), "c", ': expected one of "a", "b"', ', got "c"'],
  ["an enum", z.object({ size: z.enum(["s", "m"]) }), { size: "xl" }, '.size: expected one of "s", "m"', ', got "xl"'],
  [
    "one of several matches",
    z.xor([z.string(), z.string().min(1)]),
    "secret",
    ": matches more than one of the alternatives",
    "",
  ],
  [
    "no match of those that exclude each other",
    z.xor([z.string(), z.int()]),
    true,
    ": expected string or number",
    ", got a boolean",
  ],
  [
    "a template",
    z.templateLiteral(["id-", z.enum(["a", "b"])]),
    "id-secret",
    ": expected a string that matches /^id-(a|b)$/",
    "",
  ],
  [
    "a recursive union",
    Tree,
    { inner: { inner: "x" } },
    ".inner.inner: expected number or object (in the closest of 2 alternatives)",
    ", got a string",
  ],
])("%s is told in words, with what came only where it does not travel", async ([, schema, value, words, got], t) => {
  const { service, consumer } = await startTyped(t);
  const contract = { p: procedure("com.example.p", { input: z.object({ v: schema }) }) };
  await serve(service, contract, { p: () => {} });
  const sender = createClient(consumer, contract) as unknown as { p(input: unknown): Promise<void> };
  const local = (await failureOf(sender.p({ v: value }))) as Error & { args: unknown; issues: unknown };
  const [start, more] = ["com.example.p failed with invalidInput: ", words.replace(/ \(in.*\)/, "")];
  expect(local.message.replace(/ \(in the closest of \d alternatives\)/g, "")).toBe(`${start}input.v${more}${got}`);
  const remote = (await failureOf(consumer.call("com.example.p", [], { v: value }))) as Error & { args: unknown[] };
  expect(remote.message).toBe(`${start}input.v${words}`);
  for (const travels of [JSON.stringify([local.args, local.issues]), JSON.stringify(remote.args), remote.message]) {
    for (const shown of ["cardd", "secret", "xl", "got"]) expect(travels).not.toContain(shown);
  }
});

test.for([
  [z.number(), Number.NaN, "number, got NaN"],
  [z.number(), Number.NEGATIVE_INFINITY, "number, got -Infinity"],
  [z.coerce.number(), "text", "number, got NaN"],
  [z.codec(z.string(), z.date(), way), new Date(Number.NaN), "date, got an invalid Date"],
  [z.string(), new Date(0), "string, got a Date"],
  [z.string(), new Map(), "string, got an instance of Map"],
  [z.string(), new (class Secret {})(), "string, got an instance of Secret"],
  [z.string(), new (class {})(), "string, got a dictionary"],
  [z.string(), Object.create(null), "string, got a dictionary"],
  [z.string(), { constructor: { name: "Forged" } }, "string, got a dictionary"],
] as const)("what a sender gives is named, whatever it is: %#", async ([schema, value, words], t) => {
  const { consumer } = await startTyped(t);
  const contract = { p: procedure("com.example.p", { input: z.object({ v: schema as z.ZodType }) }) };
  const sender = createClient(consumer, contract) as unknown as { p(input: unknown): Promise<void> };
  const failure = (await failureOf(sender.p({ v: value }))) as Error;
  expect(failure.message).toBe(`com.example.p failed with invalidInput: input.v: expected ${words}`);
});

test("a handler that passes on the failure of its own call shows no value of it", async (t) => {
  const { service, consumer } = await startTyped(t);
  const inner = { p: procedure("com.example.inner", { input: z.object({ size: z.enum(["s", "m"]) }) }) };
  await service.register("com.example.outer", () => createClient(service, inner).p({ size: "hidden" as never }));
  const failure = (await failureOf(consumer.call("com.example.outer"))) as Error & { kwargs: unknown };
  expect(failure.message).toBe('com.example.outer failed with invalidInput: input.size: expected one of "s", "m"');
  expect(JSON.stringify([failure, failure.kwargs])).not.toContain("hidden");
});

test("a value with very many faults is answered with a bounded number of issues", async (t) => {
  const { consumer } = await startTyped(t);
  const contract = {
    p: procedure("com.example.p", { input: z.union([z.array(z.int()), z.array(z.object({ a: z.int() }))]) }),
  };
  const failure = await failureOf(createClient(consumer, contract).p(Array(5_000).fill("x") as never));
  expect((failure as { issues: unknown[] }).issues).toHaveLength(20);
});
