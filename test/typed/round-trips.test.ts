import { expect, type TestContext, test } from "vitest";
import { createClient, procedure, serve, topic, type ValidateMode } from "wampact";
import * as z from "zod";
import { Inbox } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

/** Serves a procedure that gives what it got, and calls it. */
async function echo(
  t: TestContext,
  schema: z.ZodType,
  {
    value,
    validate = "both",
    wire,
  }: { value: unknown; validate?: ValidateMode; wire?: { args: string[]; kwargs: "rest" } },
): Promise<unknown> {
  const contract = {
    echo: procedure("com.example.echo", { input: schema, output: z.unknown(), ...(wire && { wire: { input: wire } }) }),
  };
  const { service, consumer } = await startTyped(t);
  await serve(service, contract, { echo: (input: unknown) => ({ got: input }) } as never, { validate });
  const client = createClient(consumer, contract, { validate }) as unknown as {
    echo(input: unknown): { safe(): Promise<{ ok: boolean; value?: unknown; error?: Error }> };
  };
  const outcome = await client.echo(value).safe();
  return outcome.ok ? (outcome.value as { got: unknown }).got : outcome.error;
}

const excited = z.string().overwrite((text) => `${text}!`);

test.for<[string, z.ZodType, unknown, unknown]>([
  ["a text", z.object({ a: excited }), { a: "hi" }, { a: "hi!" }],
  ["a text in a list", z.array(excited), ["a", "b"], ["a!", "b!"]],
  ["an optional text", z.object({ a: excited.optional() }), { a: "hi" }, { a: "hi!" }],
  ["a checked text", z.object({ a: z.string().trim().min(2).toLowerCase() }), { a: "  AB " }, { a: "ab" }],
  ["a list", z.array(z.int()).overwrite((list) => [...list, list.length]), [7], [7, 1]],
  ["an object", z.object({ n: z.int() }).overwrite(({ n }) => ({ n: n + 1 })), { n: 1 }, { n: 2 }],
  [
    "a recursive object",
    recursive(),
    { name: "a", inner: [{ name: "b", inner: [] }] },
    { name: "a!", inner: [{ name: "b!", inner: [] }] },
  ],
])("a check that changes its value runs once, at the receiver: %s", async ([, schema, value, received], t) => {
  for (const validate of ["both", "receive", "none"] as const) {
    expect(await echo(t, schema, { value, validate })).toEqual(received);
  }
});

test("results, progress and events travel as the contract describes them, and their receivers change them", async (t) => {
  const label = z.object({
    text: z
      .string()
      .max(5)
      .overwrite((text) => `${text}!!!`),
  });
  const contract = {
    label: procedure("com.example.label", { output: label, progress: label }),
    labelled: topic("com.example.labelled", { event: label }),
  };
  const { service, consumer, raw } = await startTyped(t, { enforce: [contract] });
  const given = { text: "abcde" };
  const changed = { text: "abcde!!!" };
  await serve(service, contract, {
    async *label() {
      yield given;
      return given;
    },
  });
  const client = createClient(consumer, contract);
  const call = client.label();
  for await (const progress of call) expect(progress).toEqual(changed);
  expect(await call).toEqual(changed);
  await raw.subscribe("com.example.labelled");
  const heard = new Inbox<unknown>();
  await client.labelled.subscribe(({ data }) => heard.push(data));
  await createClient(service, contract).labelled.publish(given, { acknowledge: true });
  expect((await raw.receive("EVENT")).kwargs).toEqual(given);
  expect(await heard.next()).toEqual(changed);
  raw.send({
    type: "PUBLISH",
    request: raw.next(),
    options: {},
    topic: "com.example.labelled",
    kwargs: { text: "other" },
  });
  expect(await heard.next()).toEqual({ text: "other!!!" });
});

function recursive(): z.ZodType {
  const Node = z.object({
    name: excited,
    get inner() {
      return z.array(Node);
    },
  });
  return Node;
}

test("the checks before one that changes the value run at the sender, those behind it at the receiver", async (t) => {
  const schema = z.object({ a: z.string().max(5).trim().min(1) });
  expect(await echo(t, schema, { value: { a: "too long" } })).toMatchObject({
    message: "com.example.echo failed with invalidInput: input.a: expected at most 5 characters",
  });
  expect(await echo(t, schema, { value: { a: "   " } })).toMatchObject({
    message: "com.example.echo failed with invalidInput: input.a: expected at least 1 characters",
  });
});

const slow = z.codec(z.string(), z.number(), {
  decode: async (text) => Number(text),
  encode: async (value) => String(value),
});
const promising = z.codec(z.string(), z.number(), {
  decode: (text) => Promise.resolve(Number(text)),
  encode: (value) => Promise.resolve(String(value)),
});

test.for<[string, z.ZodType, unknown]>([
  ["alone", slow, 1],
  ["in an object", z.object({ a: slow, b: z.string() }), { a: 1, b: "x" }],
  ["in an object, by a function that is not async", z.object({ a: promising }), { a: 1 }],
  ["deep", z.object({ a: z.array(z.object({ b: slow.optional() })) }), { a: [{ b: 1 }, {}] }],
  [
    "in a record, a union and a lazy schema",
    z.record(z.string(), z.union([z.boolean(), z.lazy(() => slow)])),
    { a: 1, b: true },
  ],
  ["in an intersection", z.intersection(z.object({ a: slow }), z.object({ b: promising })), { a: 1, b: 2 }],
  [
    "under a codec",
    z.codec(z.object({ a: slow }), z.object({ a: z.number() }), { decode: (x) => x, encode: (x) => x }),
    { a: 1 },
  ],
])("an asynchronous codec works %s", async ([, schema, value], t) => {
  expect(await echo(t, schema, { value })).toEqual(value);
  expect(await echo(t, schema, { value })).toEqual(value);
});

test.for<[string, z.ZodType, unknown, unknown]>([
  ["an optional item", z.tuple([z.string(), z.int().optional()]), ["a", undefined], ["a"]],
  ["an item with a default", z.tuple([z.string(), z.int().default(7)]), ["a", undefined], ["a", 7]],
  [
    "in an object",
    z.object({ pair: z.tuple([z.string(), z.int().optional()]) }),
    { pair: ["a", undefined] },
    { pair: ["a"] },
  ],
])("a last item that is undefined is left out: %s", async ([, schema, value, received], t) => {
  for (const validate of ["both", "none"] as const) {
    expect(await echo(t, schema, { value, validate })).toEqual(received);
  }
});

test.for([
  [{ b: "x" }, { b: "x" }],
  [
    { a: "y", b: "x" },
    { a: "y", b: "x" },
  ],
  [
    { a: "y", b: "x", c: 1 },
    { a: "y", b: "x", c: 1 },
  ],
  [
    { b: "x", c: 1 },
    { b: "x", c: 1 },
  ],
])("named arguments with a gap arrive: %j", async ([value, received], t) => {
  const schema = z.object({ a: z.string().optional(), b: z.string(), c: z.int().optional() });
  expect(await echo(t, schema, { value, wire: { args: ["a", "b", "c"], kwargs: "rest" } })).toEqual(received);
});

test("a value whose shape does not fit its wire is refused, and the session stands", async (t) => {
  const { consumer, raw } = await startTyped(t);
  const late: { schema: z.ZodType } = { schema: z.object({}) };
  const contract = {
    call: procedure("com.example.a", { input: z.lazy(() => late.schema), wire: { input: "kwargs" } }),
    list: procedure("com.example.b", { input: z.lazy(() => late.schema), wire: { input: "args" } }),
    said: topic("com.example.c", { event: z.lazy(() => late.schema), wire: "kwargs" }),
  };
  late.schema = z.string();
  const client = createClient(consumer, contract);
  const refused = (words: string) => ({ ok: false, error: { code: "invalidInput", issues: [{ message: words }] } });
  expect(await client.call("a").safe()).toMatchObject(refused("expected an object on the wire"));
  expect(await client.list("a").safe()).toMatchObject(refused("expected a list on the wire"));
  await expect(client.said.publish("a")).rejects.toMatchObject({ uri: "wamp.error.invalid_argument" });
  await raw.settle();
  expect(consumer.state).toBe("ready");
});
