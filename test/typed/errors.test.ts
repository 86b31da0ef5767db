import { expect, test } from "vitest";
import { createClient, error, procedure, serve } from "wampact";
import { WampError } from "wampact/peer";
import * as z from "zod";
import { createGate, failureOf } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

const Numerator = z.object({ numerator: z.number() });
const divideByZero = error("com.example.error.divide_by_zero", Numerator);
const tooLate = error(
  "com.example.error.too_late",
  z.codec(z.iso.datetime(), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  }),
);
const contract = {
  divide: procedure("com.example.divide", {
    input: z.object({ a: z.number(), b: z.number() }),
    output: z.number(),
    errors: { divideByZero, tooLate },
  }),
  plain: procedure("com.example.plain", { output: z.number() }),
};

/** A client of a callee that fails with what a test says. */
async function failing(t: Parameters<typeof startTyped>[0], fail: () => unknown) {
  const setup = await startTyped(t);
  await setup.service.register("com.example.divide", fail);
  await setup.service.register("com.example.plain", fail);
  return { ...setup, client: createClient(setup.consumer, contract) };
}

test("a declared error is thrown by ctx.errors and narrowed by its name, its data decoded", async (t) => {
  const { service, consumer, told } = await startTyped(t);
  const since = new Date("2026-01-02T03:04:05.000Z");
  await serve(service, contract, {
    divide({ a, b }, { errors }) {
      if (a < 0) throw errors.tooLate(since);
      if (b === 0) throw errors.divideByZero({ numerator: a });
      return a / b;
    },
    plain: () => 1,
  });
  const client = createClient(consumer, contract);
  expect(await client.divide({ a: 6, b: 3 }).safe()).toEqual({ ok: true, value: 2 });
  expect(await client.divide({ a: 1, b: 0 }).safe()).toMatchObject({
    ok: false,
    error: { code: "divideByZero", uri: "com.example.error.divide_by_zero", data: { numerator: 1 } },
  });
  expect(await client.divide({ a: -1, b: 1 }).safe()).toMatchObject({
    ok: false,
    error: { code: "tooLate", uri: "com.example.error.too_late", data: since },
  });
  expect(await failureOf(client.divide({ a: 1, b: 0 }))).toMatchObject({
    uri: "com.example.error.divide_by_zero",
    kwargs: { numerator: 1 },
  });
  expect(told).toEqual([]);
});

test("data of a declared error that does not fit its schema is the handler's fault: invalidOutput", async (t) => {
  const { service, consumer } = await startTyped(t);
  await serve(service, contract, {
    divide(_, { errors }) {
      throw errors.divideByZero({ numerator: "secret" } as never);
    },
    plain: () => 1,
  });
  const outcome = await createClient(consumer, contract).divide({ a: 1, b: 0 }).safe();
  expect(outcome).toMatchObject({
    ok: false,
    error: {
      code: "invalidOutput",
      uri: "wampact.error.invalid_output",
      issues: [{ path: ["numerator"], code: "invalid_type", expected: "number", message: "expected number" }],
    },
  });
});

test("a declared URI whose data does not fit at the caller is an unknown error, whole", async (t) => {
  const { client } = await failing(t, () => {
    throw new WampError(divideByZero.uri, { args: ["odd"], kwargs: { numerator: "one" } });
  });
  expect(await client.divide({ a: 1, b: 0 }).safe()).toMatchObject({
    ok: false,
    error: { code: "unknown", uri: divideByZero.uri, args: ["odd"], kwargs: { numerator: "one" } },
  });
});

test("another procedure's error is an unknown one to a caller whose procedure does not declare it", async (t) => {
  const { client } = await failing(t, () => {
    throw new WampError(divideByZero.uri, { kwargs: { numerator: 1 } });
  });
  expect(await client.plain().safe()).toMatchObject({
    ok: false,
    error: { code: "unknown", uri: divideByZero.uri, args: [], kwargs: { numerator: 1 } },
  });
});

test.for([
  ["wamp.error.canceled", "canceled"],
  ["wamp.error.timeout", "timeout"],
  ["wamp.error.no_such_procedure", "noSuchProcedure"],
  ["wamp.error.not_authorized", "notAuthorized"],
  ["wamp.error.no_available_callee", "unavailable"],
] as const)("safe() of a typed call tells %s by the code %s", async ([uri, code], t) => {
  const { client } = await failing(t, () => {
    throw new WampError(uri, { args: ["in words"] });
  });
  expect(await client.plain().safe()).toMatchObject({ ok: false, error: { code, uri } });
});

test("safe() tells a lost session as disconnected", async (t) => {
  const started = createGate();
  const { client, consumer } = await failing(t, async () => {
    started.open();
    await new Promise(() => {});
  });
  const outcome = client.plain().safe();
  await started.promise;
  await consumer.close();
  expect(await outcome).toMatchObject({
    ok: false,
    error: { code: "disconnected", uri: "wampact.error.disconnected" },
  });
});

test("an exception of a typed handler is internal to the caller, under the id onError is told", async (t) => {
  const { service, consumer, told } = await startTyped(t);
  await serve(service, contract, {
    divide() {
      throw new RangeError("the password is hunter2");
    },
    plain: () => 1,
  });
  const outcome = await createClient(consumer, contract).divide({ a: 1, b: 1 }).safe();
  expect(outcome).toMatchObject({
    ok: false,
    error: { code: "internal", uri: "wamp.error.runtime_error", correlationId: expect.any(String) },
  });
  const { correlationId } = (outcome as { error: { correlationId: string } }).error;
  expect(told).toMatchObject([
    {
      message: `the handler of com.example.divide failed (correlation id ${correlationId})`,
      cause: new RangeError("the password is hunter2"),
    },
  ]);
});

test("a failed typed call that nobody looks at goes to onError once", async (t) => {
  const { client, told, raw } = await failing(t, () => {
    throw new WampError("com.example.odd");
  });
  client.plain();
  await raw.settle();
  await expect.poll(() => told).toMatchObject([{ uri: "com.example.odd" }]);
});

test("a typed call can be canceled by signal, by cancel() and by leaving its loop", async (t) => {
  const ticking = { ticks: procedure("com.example.ticks", { progress: z.number(), output: z.void() }) };
  const { service, consumer } = await startTyped(t);
  const reasons: unknown[] = [];
  await serve(service, ticking, {
    async ticks({ progress, signal }) {
      progress(1);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      reasons.push(signal.reason);
    },
  });
  const client = createClient(consumer, ticking);
  const controller = new AbortController();
  const [bySignal, byCancel, byLoop] = [client.ticks({ signal: controller.signal }), client.ticks(), client.ticks()];
  for await (const tick of byLoop) {
    expect(tick).toBe(1);
    break;
  }
  controller.abort();
  byCancel.cancel();
  for (const call of [bySignal, byCancel, byLoop]) {
    expect(await call.safe()).toMatchObject({ ok: false, error: { code: "canceled", uri: "wamp.error.canceled" } });
  }
  expect(reasons).toMatchObject(Array(3).fill({ uri: "wamp.error.canceled" }));
});
