/** Exceptions in each callback of an application. None of them ends the process, the session, or the others. */
import { expect, test, vi } from "vitest";
import { connect, json, type Serializer } from "wampact";
import { createPeer } from "wampact/peer";
import { connectToFake } from "../support/fake-router.js";
import { connectPeer, failureOf, Inbox, join, startServer, watchStates } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";

const A = "com.example.a";

test.for<[string, (error: unknown) => void]>([
  [
    "throws",
    (error) => {
      throw new Error("its own", { cause: error });
    },
  ],
  ["rejects", (error) => Promise.reject(new Error("its own", { cause: error }))],
])("an onError that %s is printed, and the peer goes on", async ([, onError], t) => {
  const printed = new Inbox<unknown>();
  const printing = vi.spyOn(console, "error").mockImplementation(printed.push);
  t.onTestFinished(() => printing.mockRestore());
  const server = await startServer(t);
  const peer = await connect({ url: server.url, realm: REALM, onError, reconnect: { minMs: 1, maxMs: 10 } });
  t.onTestFinished(() => peer.close());
  const fail = () => {
    throw new Error("a fault");
  };
  await peer.register(A, fail);
  await peer.subscribe(A, fail);
  peer.on("state", fail);
  peer.call("com.example.nobody");
  expect(await printed.next()).toMatchObject({ message: "its own", cause: { uri: "wamp.error.no_such_procedure" } });
  expect(await failureOf(peer.call(A))).toMatchObject({ uri: "wamp.error.runtime_error" });
  expect(await printed.next()).toMatchObject({ message: "its own", cause: { cause: { message: "a fault" } } });
  await peer.publish(A, [], {}, { excludeMe: false });
  expect(await printed.next()).toMatchObject({ message: "its own", cause: { message: "a fault" } });
  const watch = watchStates(peer);
  server.cut();
  await watch.until("ready");
  expect(await failureOf(peer.call(A))).toMatchObject({ uri: "wamp.error.runtime_error" });
});

test("a listener that rejects is told to onError", async (t) => {
  const { router } = startRouter(t);
  const told = new Inbox<unknown>();
  const peer = await join(t, router, { onError: told.push });
  const listener: (state: string) => unknown = (state) => Promise.reject(new Error(`at ${state}`));
  peer.on("state", listener as () => void);
  await peer.close();
  expect(await told.next()).toEqual(new Error("at closed"));
});

test("a listener that changes the state is followed by others that hear each state in order", async (t) => {
  const { url } = await startServer(t);
  const peer = createPeer({ url, realm: REALM });
  const late: string[] = [];
  peer.on("state", (state) => {
    if (state !== "ready") return;
    void peer.close({ drainMs: 0 });
    peer.on("state", (each) => late.push(each));
  });
  const { states } = watchStates(peer);
  await peer.start();
  await peer.close();
  expect([states, late]).toEqual([["ready", "closed"], []]); // a new listener hears only of later changes
});

test("a handler that subscribes itself again for each event hears each event once per subscription", async (t) => {
  const { router } = startRouter(t);
  const [peer, publisher] = [await join(t, router), await join(t, router)];
  let heard = 0;
  const handler = () => {
    heard++;
    return peer.subscribe(A, handler);
  };
  await peer.subscribe(A, handler);
  for (const expected of [1, 3, 7]) {
    await publisher.publish(A, [], {}, { acknowledge: true });
    await expect.poll(() => heard).toBe(expected);
  }
});

test("chunks that give no iterator fail their call, which is canceled", async (t) => {
  const dealer = { features: { progressive_call_invocations: true, call_canceling: true } };
  const { peer, router } = await connectToFake(t, {}, { broker: {}, dealer });
  const chunks: AsyncIterable<never> = {
    [Symbol.asyncIterator]() {
      throw new Error("no chunks");
    },
  };
  expect(await failureOf(peer.call(A, [], {}, { chunks }))).toEqual(new Error("no chunks"));
  await router.receive("CALL");
  expect(await router.receive("CANCEL")).toEqual([1, { mode: "killnowait" }]);
});

test.for([
  ["is canceled", {}, "wamp.error.canceled"],
  ["runs out of time", { timeout: 5 }, "wamp.error.timeout"],
] as const)("a loop over the chunks of a call that %s ends with the reason", async ([, details, uri], t) => {
  const { peer, router } = await connectToFake(t);
  const ended = new Inbox<unknown>();
  const registering = peer.register(A, async ({ chunks }) => {
    try {
      for await (const _ of chunks);
    } catch (error) {
      ended.push(error);
      throw error;
    }
  });
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 1);
  await registering;
  router.send("INVOCATION", 1, 1, { progress: true, ...details });
  if (!("timeout" in details)) router.send("INTERRUPT", 1, {});
  expect(await ended.next()).toMatchObject({ uri });
  expect((await router.receive("ERROR")).slice(0, 4)).toEqual([68, 1, {}, uri]);
});

/** JSON that cannot write the messages with one of these codes. */
function jsonWithout(...codes: readonly string[]): Serializer {
  const whole = json();
  return {
    ...whole,
    id: whole.id,
    binary: whole.binary,
    encode: (...given) => whole.encode(...given),
    decode: (...given) => whole.decode(...given),
    encodeText(message) {
      if (codes.includes(message.type)) throw new Error(`no ${message.type}`);
      return whole.encodeText?.(message) ?? "";
    },
  };
}

test("a call is canceled by its signal and its time limit though its serializer cannot write CANCEL", async (t) => {
  const told: unknown[] = [];
  const onError = (error: unknown) => void told.push(error);
  const { peer } = await connectToFake(t, { serializers: [jsonWithout("CANCEL")], batches: false, onError });
  const controller = new AbortController();
  const canceled = failureOf(peer.call(A, [], {}, { signal: controller.signal }));
  controller.abort();
  expect(await canceled).toMatchObject({ uri: "wamp.error.canceled" });
  expect(await failureOf(peer.call(A, [], {}, { timeoutMs: 1 }))).toMatchObject({ uri: "wamp.error.timeout" });
  expect(told).toEqual([new Error("no CANCEL"), new Error("no CANCEL")]);
});

test("an invocation that cannot be answered at all ends the session, so that the router answers its caller", async (t) => {
  const { peer, router } = await connectToFake(t, {
    serializers: [jsonWithout("YIELD", "ERROR")],
    batches: false,
    onError: () => {},
  });
  const registering = peer.register(A, async () => 1);
  await router.receive("REGISTER");
  router.send("REGISTERED", 1, 1);
  await registering;
  const watch = watchStates(peer);
  router.send("INVOCATION", 1, 1, {});
  expect(await watch.until("closed")).toBe("cannot answer the router: no ERROR");
  expect((await router.closed).code).toBe(1011);
});

test("a session ends though its serializer cannot write its last message", async (t) => {
  const told: unknown[] = [];
  const { peer, router } = await connectToFake(t, {
    serializers: [jsonWithout("ABORT", "GOODBYE")],
    batches: false,
    onError: (error) => void told.push(error),
  });
  const watch = watchStates(peer);
  router.send("GOODBYE", {}, "wamp.close.close_realm");
  expect(await watch.until("closed")).toBe("wamp.close.close_realm");
  const other = await connectToFake(t, { serializers: [jsonWithout("ABORT")], batches: false, onError: () => {} });
  const states = watchStates(other.peer);
  other.router.send("WELCOME", 2, { roles: {} });
  expect(await states.until("closed")).toContain("WELCOME is not legal");
  expect(told).toEqual([new Error("no GOODBYE")]);
});

test("an ERROR whose URI alone is too long is answered as a runtime error", async (t) => {
  const server = await startServer(t);
  const peer = await connectPeer(t, { url: server.url, onError: () => {} });
  await peer.register(A, () => {
    throw Object.assign(new Error("long"), { name: "WampError", uri: `com.${"a".repeat(17 * 2 ** 20)}` });
  });
  expect(await failureOf(peer.call(A))).toMatchObject({ uri: "wamp.error.runtime_error" });
});
