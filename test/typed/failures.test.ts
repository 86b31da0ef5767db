import { expect, type TestContext, test } from "vitest";
import {
  type ClientOptions,
  createClient,
  error,
  isError,
  isWampError,
  type Middleware,
  procedure,
  serve,
  WampError,
} from "wampact";
import * as z from "zod";
import { failureOf } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

const isoDate = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
const divideByZero = error("com.app.error.divide_by_zero", z.object({ numerator: z.number(), at: isoDate }));
const contract = {
  divide: procedure("com.app.divide", {
    input: z.object({ a: z.number(), b: z.number() }),
    output: z.number(),
    errors: { divideByZero },
  }),
  open: procedure("com.app.{branch}.open", { errors: { divideByZero } }),
  echo: procedure("com.app.echo", { input: z.unknown(), output: z.unknown() }),
  ticks: procedure("com.app.ticks", { progress: z.number() }),
  upload: procedure("com.app.upload", { chunks: z.number() }),
};
const at = new Date("2026-01-01T00:00:00.000Z");

async function start(t: TestContext, options: ClientOptions = {}) {
  const setup = await startTyped(t);
  await serve(setup.service, contract, {
    divide({ a, b }, { errors }) {
      if (b === 0) throw errors.divideByZero({ numerator: a, at });
      if (b < 0) throw new RangeError("secret");
      return a / b;
    },
    open(ctx) {
      throw ctx.errors.divideByZero({ numerator: 1, at });
    },
    echo: (value) => value,
    async *ticks() {
      yield 1;
      throw new WampError("com.app.error.broken", { args: ["no more ticks"] });
    },
    async upload({ chunks }) {
      for await (const _ of chunks);
    },
  });
  return { ...setup, client: createClient(setup.consumer, contract, options) };
}

test("a thrown declared error has its code, decoded data, URI, procedure and a message in words; safe() gives the same", async (t) => {
  const { client } = await start(t);
  const thrown = await failureOf(client.divide({ a: 1, b: 0 }));
  const declared = {
    code: "divideByZero",
    data: { numerator: 1, at },
    uri: "com.app.error.divide_by_zero",
    procedure: "com.app.divide",
    message: "com.app.divide failed with divideByZero",
  };
  expect(thrown).toMatchObject(declared);
  expect(isWampError(thrown)).toBe(true);
  const outcome = await client.divide({ a: 1, b: 0 }).safe();
  expect(outcome).toMatchObject({ ok: false, error: declared });
  expect(await failureOf(client.open({ branch: "berlin" }))).toMatchObject({
    code: "divideByZero",
    procedure: "com.app.berlin.open",
  });
});

test("a remote exception names its procedure and correlation id", async (t) => {
  const { client } = await start(t);
  const thrown = (await failureOf(client.divide({ a: 1, b: -1 }))) as { correlationId: string };
  expect(thrown).toMatchObject({
    code: "internal",
    procedure: "com.app.divide",
    message: `com.app.divide failed with an exception in the callee (correlation id ${thrown.correlationId})`,
  });
});

test.for([
  ["an unknown error", "com.example.odd", "com.app.divide failed with com.example.odd: in words"],
  ["a canceled call", "wamp.error.canceled", "com.app.divide failed with canceled: in words"],
] as const)("%s is told in words with its procedure", async ([, uri, message], t) => {
  const { service, consumer } = await startTyped(t);
  await service.register("com.app.divide", () => {
    throw new WampError(uri, { args: ["in words"] });
  });
  expect(await failureOf(createClient(consumer, contract).divide({ a: 1, b: 1 }))).toMatchObject({ message });
  expect(await failureOf(consumer.call("com.app.divide"))).toMatchObject({ message });
});

test("a loop over progress throws what the call fails with", async (t) => {
  const { client } = await start(t);
  const seen: number[] = [];
  const looped = failureOf(
    (async () => {
      for await (const tick of client.ticks()) seen.push(tick);
    })(),
  );
  expect(await looped).toMatchObject({ code: "unknown", procedure: "com.app.ticks", uri: "com.app.error.broken" });
  expect(seen).toEqual([1]);
});

test("isError tells failures by their code, and a procedure's own guard by the procedure, too", async (t) => {
  const { client } = await start(t);
  const [divided, opened] = [
    await failureOf(client.divide({ a: 1, b: 0 })),
    await failureOf(client.open({ branch: "berlin" })),
  ];
  expect([isError(divided), isError(divided, "divideByZero"), isError(divided, "timeout")]).toEqual([
    true,
    true,
    false,
  ]);
  expect([isError(new WampError("com.app.odd")), isError(new Error("odd")), isError(undefined)]).toEqual(
    Array(3).fill(false),
  );
  expect([client.divide.isError(divided), client.divide.isError(opened)]).toEqual([true, false]);
  expect([client.open.isError(divided), client.open.isError(opened)]).toEqual([false, true]);
  expect(client.divide.isError(divided, "timeout")).toBe(false);
  if (!client.divide.isError(divided, "divideByZero")) throw new Error("it is one");
  expect(divided.data.at.getFullYear()).toBe(2026);
});

test("a call is a promise: its tag, catch, finally and the combinators", async (t) => {
  const { client } = await start(t);
  const call = client.divide({ a: 6, b: 3 });
  expect(Object.prototype.toString.call(call)).toBe("[object Call]");
  expect(call instanceof Promise).toBe(false);
  const all: [number, number] = await Promise.all([call, client.divide({ a: 8, b: 2 })]);
  expect(all).toEqual([2, 4]);
  const order: string[] = [];
  const caught: number | string = await client
    .divide({ a: 1, b: 0 })
    .finally(() => order.push("finally"))
    .catch(() => "caught");
  expect([caught, order]).toEqual(["caught", ["finally"]]);
  expect(await client.divide({ a: 1, b: 0 }).catch((thrown) => isError(thrown, "divideByZero"))).toBe(true);
  const asPromise: Promise<number> = client.divide({ a: 4, b: 2 });
  expect(await Promise.race([asPromise])).toBe(2);
});

const refined = {
  odd: procedure("com.app.odd", { input: z.string().refine(throwing) }),
  param: procedure("com.app.{a}.odd", { params: { a: z.string().refine(throwing) } }),
};
function throwing(): boolean {
  throw new RangeError("a check broke");
}
const failing: Middleware = () => Promise.reject(new RangeError("a layer broke"));
const throwingLayer: Middleware = () => {
  throw new RangeError("a layer broke");
};

test.for([
  ["middleware that rejects", failing],
  ["middleware that throws", throwingLayer],
] as const)("safe() never rejects: %s is an exception of this program", async ([, layer], t) => {
  const { client } = await start(t, { use: [layer] });
  const outcome = await client.divide({ a: 1, b: 1 }).safe();
  expect(outcome).toMatchObject({
    ok: false,
    error: {
      code: "exception",
      uri: "wampact.error.exception",
      procedure: "com.app.divide",
      cause: new RangeError("a layer broke"),
      message: "com.app.divide failed with exception: a layer broke",
    },
  });
  expect(await failureOf(client.divide({ a: 1, b: 1 }))).toEqual(new RangeError("a layer broke"));
});

test("safe() never rejects: a source of chunks, a check of a schema, and values that cannot travel", async (t) => {
  const { consumer, client } = await start(t);
  async function* broken() {
    yield 1;
    throw new RangeError("a source broke");
  }
  expect(await client.upload(broken()).safe()).toMatchObject({
    ok: false,
    error: { code: "exception", cause: new RangeError("a source broke") },
  });
  expect(await createClient(consumer, refined).odd("a").safe()).toMatchObject({
    ok: false,
    error: { code: "exception", cause: new RangeError("a check broke") },
  });
  expect(await createClient(consumer, refined).param({ a: "a" }).safe()).toMatchObject({
    ok: false,
    error: { code: "exception", cause: new RangeError("a check broke") },
  });
  for (const [value, message] of [
    [
      new Map(),
      "com.app.echo failed with invalidInput: input: args[0]: a Map cannot be serialized; send a list or a plain object",
    ],
    [
      [() => 1],
      "com.app.echo failed with invalidInput: input: args[0][0]: a function cannot be serialized; send plain data",
    ],
  ] as const) {
    expect(await client.echo(value).safe()).toMatchObject({ ok: false, error: { code: "invalidInput", message } });
  }
});

test("misuse is a TypeError, at once", async (t) => {
  const { client } = await start(t);
  expect(() => client.divide({ a: 1, b: 1 }, { timeoutMS: 1 } as never)).toThrow(TypeError);
  expect(() => client.upload(3 as never)).toThrow(
    new TypeError("com.app.upload chunks: expected an iterable of chunks"),
  );
});

async function divideHere(client: { divide(input: { a: number; b: number }): Promise<unknown> }): Promise<unknown> {
  return await client.divide({ a: 1, b: 0 });
}

test("a failure's stack leads to the call where callStacks is on, also through middleware, and does not where it is off", async (t) => {
  const { consumer } = await start(t);
  const stackWith = async (options: ClientOptions) =>
    ((await failureOf(divideHere(createClient(consumer, contract, options)))) as Error).stack ?? "";
  const patient: Middleware = async (_, next) => {
    await Promise.resolve();
    return next();
  };
  for (const options of [{}, { use: [patient] }]) {
    const stack = await stackWith(options);
    expect(stack.split("\n").slice(0, 2)).toEqual([
      "WampError: com.app.divide failed with divideByZero",
      expect.stringContaining("divideHere"),
    ]);
  }
  expect(await stackWith({ callStacks: false })).not.toMatch(/^ +at divideHere/m);
});

test("an untyped call that the router refuses leads to the call", async (t) => {
  const { consumer } = await startTyped(t);
  async function callHere() {
    return await consumer.call("com.app.nobody");
  }
  const refused = (await failureOf(callHere())) as Error;
  expect(refused.message).toMatch(/^com\.app\.nobody failed with noSuchProcedure/);
  expect(refused.stack).toMatch(/^ +at callHere/m);
});
