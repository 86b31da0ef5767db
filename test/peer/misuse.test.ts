/** Misuse of a peer in plain JavaScript that no router would accept: the peer rejects it, and its other requests continue. */
import { expect, test } from "vitest";
import { type Peer, result, WampError } from "wampact/peer";
import { connectToFake } from "../support/fake-router.js";
import { failureOf, join } from "../support/peers.js";
import { startRouter } from "../support/raw.js";

type Untyped = (...given: unknown[]) => Promise<unknown>;
const on = (peer: Peer, method: "call" | "publish" | "subscribe" | "register"): Untyped => {
  const untyped = peer[method].bind(peer) as unknown as Untyped;
  return async (...given) => untyped(...given);
};
const handler = () => {};

test.for<[("call" | "publish" | "subscribe" | "register")[], unknown[], string]>([
  [["call", "register"], [7, handler], 'procedure: expected a URI such as "com.app.a", got an integer'],
  [["publish", "subscribe"], [undefined, handler], 'topic: expected a URI such as "com.app.a", got nothing'],
  [["call", "publish"], ["com.example.a", "text"], "args: expected a list, got a string"],
  [["call", "publish"], ["com.example.a", { a: 1 }], "args: expected a list, got a dictionary"],
  [["call", "publish"], ["com.example.a", null], "args: expected a list, got null"],
  [["call", "publish"], ["com.example.a", [], [1]], "kwargs: expected a dictionary, got a list"],
  [["call", "publish"], ["com.example.a", [], "text"], "kwargs: expected a dictionary, got a string"],
  [
    ["call", "publish"],
    ["com.example.a", [], {}, { disclose: "me" }],
    "disclose: expected true or false, got a string",
  ],
  [["call", "publish"], ["com.example.a", [], {}, { resourceKey: 7 }], "resourceKey: expected a string, got 7"],
  [
    ["call", "publish"],
    ["com.example.a", [], {}, { passthru: {} }],
    "passthru: expected { scheme } with string members",
  ],
  [["call", "publish"], ["com.example.a", [], {}, { signal: true }], "signal: expected an AbortSignal, got true"],
  [["call"], ["com.example.a", [], {}, { timeoutMS: 5 }], 'timeoutMS: unknown option; did you mean "timeoutMs"?'],
  [["call"], ["com.example.a", [], {}, { receiveProgress: 1 }], "receiveProgress: expected true or false, got 1"],
  [
    ["call"],
    ["com.example.a", [], {}, { cancelMode: "stop" }],
    'cancelMode: expected "skip" or "kill" or "killnowait"',
  ],
  [["call"], ["com.example.a", [], {}, { chunks: [1] }], "chunks: expected an async iterable, got a list"],
  [["publish"], ["com.example.a", [], {}, { exclude: [0.5] }], "exclude: expected a list of session IDs, got a list"],
  [["publish"], ["com.example.a", [], {}, { eligibleAuthid: "ada" }], "eligibleAuthid: expected a list of strings"],
  [["subscribe", "register"], ["com.example.a", handler, { match: "glob" }], 'match: expected "exact" or "prefix"'],
  [["subscribe", "register"], ["com.example.a", "handler"], "handler: expected a function, got a string"],
  [["subscribe"], ["com.example.a", handler, { nodeKey: 1 }], "nodeKey: expected a string, got 1"],
  [["register"], ["com.example.a", handler, { invoke: "all" }], 'invoke: expected "single" or "roundrobin"'],
])("%j with %j is a TypeError and sends nothing", async ([methods, given, words], t) => {
  const { peer, router } = await connectToFake(t);
  for (const method of methods) {
    const failure = await failureOf(on(peer, method)(...given));
    expect(failure).toBeInstanceOf(TypeError);
    expect((failure as TypeError).message).toContain(words);
  }
  await peer.publish("com.example.marker");
  expect(await router.receive("PUBLISH")).toEqual([1, {}, "com.example.marker"]);
});

test("what a handler answers that is no answer is a fault of the handler, and its session goes on", async (t) => {
  const { router } = startRouter(t);
  const told: unknown[] = [];
  const [caller, callee] = [await join(t, router), await join(t, router, { onError: (error) => told.push(error) })];
  await callee.register("com.example.result", () => result("text" as never));
  await callee.register("com.example.progress", ({ progress }) => progress([], [1] as never));
  await callee.register("com.example.error", () => {
    throw new WampError("com.example.odd", { kwargs: "text" as never });
  });
  for (const procedure of ["com.example.result", "com.example.progress"]) {
    expect(await failureOf(caller.call(procedure))).toMatchObject({ uri: "wamp.error.runtime_error" });
  }
  expect(await failureOf(caller.call("com.example.error"))).toMatchObject({ uri: "com.example.odd", kwargs: {} });
  expect(told.map((error) => String((error as Error).cause ?? error))).toEqual([
    "TypeError: args: expected a list, got a string",
    "TypeError: kwargs: expected a dictionary, got a list",
    "TypeError: kwargs: expected a dictionary, got a string",
  ]);
  expect(callee.state).toBe("ready");
});

test("on() of an event that does not exist is a TypeError", async (t) => {
  const { peer } = await connectToFake(t);
  expect(() => peer.on("ready" as "state", handler)).toThrow(
    new TypeError('on: expected "state" or "lost", got "ready"'),
  );
});
