import { expect, test } from "vitest";
import { error, procedure, topic } from "wampact";
import { createRouter } from "wampact/router";
import * as z from "zod";
import { REALM, startRouter } from "../support/raw.js";

const contract = {
  add2: procedure("com.example.add2", {
    input: z.object({ a: z.number(), b: z.number() }),
    output: z.number(),
    progress: z.string(),
  }),
  status: topic("com.example.orders.{id}.status", {
    params: { id: z.string().regex(/^[a-z]+$/) },
    event: z.object({ state: z.string() }),
  }),
  failed: error("com.example.failed", z.object({})),
  other: 1,
};
const realms = [{ name: REALM, enforce: [contract] }];

test("a CALL that does not fit its contract is refused before it is routed, and quotes no value", async (t) => {
  const router = startRouter(t, { realms });
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register("com.example.add2");
  caller.call("com.example.add2", {}, [], { a: "secret", b: 1 });
  expect(await caller.receive("ERROR")).toMatchObject({
    error: "wamp.error.invalid_argument",
    args: ["com.example.add2 input.a: expected number"],
    kwargs: { issues: [{ path: ["a"], code: "invalid_type", expected: "number", message: "expected number" }] },
  });
  caller.call("com.example.add2", {}, [], { a: 1, b: 2 });
  expect((await callee.receive("INVOCATION")).kwargs).toEqual({ a: 1, b: 2 });
});

test("a RESULT or progress that does not fit is the callee's fault: wampact.error.invalid_output", async (t) => {
  const router = startRouter(t, { realms });
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register("com.example.add2");
  caller.call("com.example.add2", {}, [], { a: 1, b: 2 });
  const first = await callee.receive("INVOCATION");
  callee.send({ type: "YIELD", request: first.request, options: {}, args: ["three"] });
  expect((await caller.receive("ERROR")).error).toBe("wampact.error.invalid_output");
  caller.call("com.example.add2", { receive_progress: true }, [], { a: 1, b: 2 });
  const second = await callee.receive("INVOCATION");
  callee.send({ type: "YIELD", request: second.request, options: { progress: true }, args: ["fits"] });
  expect((await caller.receive("RESULT")).args).toEqual(["fits"]);
  callee.send({ type: "YIELD", request: second.request, options: { progress: true }, args: [1] });
  expect((await caller.receive("ERROR")).error).toBe("wampact.error.invalid_output");
  await callee.receive("INTERRUPT");
});

test("a PUBLISH that does not fit, in its event or its URI, is refused; URIs of no contract pass", async (t) => {
  const router = startRouter(t, { realms });
  const [publisher, subscriber] = [await router.join(), await router.join()];
  await subscriber.subscribe("com.example.", { match: "prefix" });
  const publish = (uri: string, kwargs: Readonly<Record<string, unknown>>) =>
    publisher.send({ type: "PUBLISH", request: publisher.next(), options: { acknowledge: true }, topic: uri, kwargs });
  publish("com.example.orders.abc.status", { state: 1 });
  expect((await publisher.receive("ERROR")).error).toBe("wamp.error.invalid_argument");
  publish("com.example.orders.A1.status", { state: "done" });
  expect((await publisher.receive("ERROR")).error).toBe("wamp.error.invalid_argument");
  publish("com.example.orders.abc.status", { state: "done" });
  await publisher.receive("PUBLISHED");
  publish("com.example.free", { state: 1 });
  await publisher.receive("PUBLISHED");
  expect((await subscriber.receive("EVENT")).kwargs).toEqual({ state: "done" });
  expect((await subscriber.receive("EVENT")).kwargs).toEqual({ state: 1 });
});

test("a testament that does not fit is refused when it is made", async (t) => {
  const client = await startRouter(t, { realms }).join();
  const add = (topic: string, state: unknown) => client.call("wamp.session.add_testament", {}, [topic, [], { state }]);
  for (const [topic, state] of [
    ["com.example.orders.abc.status", 1],
    ["com.example.orders.A1.status", "done"],
  ] as const) {
    add(topic, state);
    expect((await client.receive("ERROR")).error).toBe("wamp.error.invalid_argument");
  }
  add("com.example.orders.abc.status", "done");
  await client.receive("RESULT");
});

test("two contracts that enforce one URI are a TypeError", () => {
  expect(() => createRouter({ realms: [{ name: REALM, enforce: [contract, { again: contract.add2 }] }] })).toThrow(
    'enforce: "again" and another procedure have the URI com.example.add2',
  );
});
