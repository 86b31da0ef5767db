/** Callees that owe an answer and show no sign of life, as a transport that the test makes tells of them. */
import { expect, type TestContext, test } from "vitest";
import { createMemoryPair } from "../../src/transport/memory.js";
import type { Transport, TransportListener } from "../../src/transport/transport.js";
import { CLIENT_DETAILS, RawClient, REALM, type Received, startRouter } from "../support/raw.js";

const WORK = "com.example.work";
const TWICE = { _idempotent: true };

/** A client whose connection the test freezes. */
interface FreezableClient {
  readonly client: RawClient;
  owes(): boolean | undefined;
  freeze(isFrozen: boolean): void;
}

function start(t: TestContext) {
  const { router, join } = startRouter(t);
  const joinCallee = async (invoke?: string, details: object = CLIENT_DETAILS): Promise<FreezableClient> => {
    const [ours, theirs] = createMemoryPair();
    let told: TransportListener | undefined;
    const open: Transport["open"] = (listener) => {
      told = listener;
      theirs.open(listener);
    };
    router.accept({ ...delegates(theirs), open });
    const client = new RawClient(ours);
    await client.hello(REALM, details);
    if (invoke !== undefined) await client.register(WORK, { invoke });
    return {
      client,
      owes: () => told?.owesAnswer?.(),
      freeze: (isFrozen) => told?.frozen?.(isFrozen),
    };
  };
  return { router, join, joinCallee };
}

/** The methods of a transport, which has private members. */
function delegates(to: Transport): Omit<Transport, "open"> {
  return {
    info: to.info,
    unsentBytes: 0,
    maxUnsentBytes: to.maxUnsentBytes,
    send: (message) => to.send(message),
    close: (code, reason) => to.close(code, reason),
    onceDrained: (callback) => to.onceDrained(callback),
  };
}

/** Which of the callees get so many calls; each is answered. */
async function reached(caller: RawClient, callees: readonly FreezableClient[], calls: number): Promise<number[]> {
  const counts = callees.map(() => 0);
  for (let call = 0; call < calls; call++) {
    caller.call(WORK);
    await caller.settle();
    for (const [index, { client }] of callees.entries()) {
      await client.settle();
      for (const { type, request } of (client.unread() as Received[]).splice(0)) {
        expect(type).toBe("INVOCATION");
        counts[index] = (counts[index] ?? 0) + 1;
        client.send({ type: "YIELD", request, options: {} });
        await caller.receive("RESULT");
      }
    }
  }
  return counts;
}

test.for([
  ["roundrobin", [3, 0, 3]],
  ["first", [6, 0, 0]],
  ["last", [0, 0, 6]],
] as const)("a frozen callee is passed over by %s", async ([invoke, expected], t) => {
  const { join, joinCallee } = start(t);
  const callees = [await joinCallee(invoke), await joinCallee(invoke), await joinCallee(invoke)];
  callees[1]?.freeze(true);
  expect(await reached(await join(), callees, 6)).toEqual(expected);
});

test.for(["first", "last", "random", "roundrobin"])("%s comes back to a callee that was frozen", async (invoke, t) => {
  const { join, joinCallee } = start(t);
  const caller = await join();
  const callees = [await joinCallee(invoke), await joinCallee(invoke)];
  const [first, last] = callees as [FreezableClient, FreezableClient];
  const frozen = invoke === "last" ? last : first;
  const at = callees.indexOf(frozen);
  frozen.freeze(true);
  expect((await reached(caller, callees, 20))[at]).toBe(0);
  frozen.freeze(false);
  expect((await reached(caller, callees, 60))[at]).toBeGreaterThan(0);
});

test("where all are frozen, the policy goes on as ever", async (t) => {
  const { join, joinCallee } = start(t);
  const callees = [await joinCallee("roundrobin"), await joinCallee("roundrobin")];
  for (const { freeze } of callees) freeze(true);
  expect(await reached(await join(), callees, 4)).toEqual([2, 2]);
  const single = start(t);
  const only = await single.joinCallee("single");
  only.freeze(true);
  expect(await reached(await single.join(), [only], 2)).toEqual([2]);
});

test("a resource key stays with its callee", async (t) => {
  const { join, joinCallee } = start(t);
  const caller = await join();
  const callees = [await joinCallee("random"), await joinCallee("random")];
  const key = { runmode: "partition", rkey: "a", ...TWICE };
  const owner = async () => {
    caller.call(WORK, key);
    await caller.settle();
    for (const { client } of callees) await client.settle();
    return callees.find(({ client }) => client.unread().length > 0) as FreezableClient;
  };
  const first = await owner();
  const { request } = await first.client.receive("INVOCATION");
  first.freeze(true);
  expect(await owner()).toBe(first);
  first.client.send({ type: "YIELD", request, options: {}, args: ["its own"] });
  expect((await caller.receive("RESULT")).args).toEqual(["its own"]);
});

test("an answer is owed from INVOCATION to the last YIELD", async (t) => {
  const { join, joinCallee } = start(t);
  const [caller, callee] = [await join(), await joinCallee("single")];
  expect(callee.owes()).toBe(false);
  caller.call(WORK, { receive_progress: true });
  const { request } = await callee.client.receive("INVOCATION");
  expect(callee.owes()).toBe(true);
  callee.client.send({ type: "YIELD", request, options: { progress: true } });
  await caller.receive("RESULT");
  expect(callee.owes()).toBe(true);
  callee.client.send({ type: "YIELD", request, options: {} });
  await caller.receive("RESULT");
  expect(callee.owes()).toBe(false);
});

test("of the calls that a frozen callee holds, those that may be made twice go on", async (t) => {
  const { router, join, joinCallee } = start(t);
  const caller = await join();
  const [frozen, other] = [await joinCallee("first"), await joinCallee("first")];
  const once = caller.call(WORK, {}, ["once"]);
  const twice = caller.call(WORK, { ...TWICE, timeout: 60_000 }, ["twice"]);
  const [held, moved] = [await frozen.client.receive("INVOCATION"), await frozen.client.receive("INVOCATION")];
  frozen.freeze(true);
  const invocation = await other.client.receive("INVOCATION");
  expect(invocation.args).toEqual(["twice"]);
  expect(await frozen.client.receive("INTERRUPT")).toMatchObject({ request: moved.request });
  frozen.client.send({ type: "YIELD", request: moved.request, options: {}, args: ["late"] });
  frozen.client.send({ type: "YIELD", request: held.request, options: {}, args: ["itself"] });
  expect(await caller.receive("RESULT")).toMatchObject({ request: once, args: ["itself"] });
  other.client.send({ type: "YIELD", request: invocation.request, options: {}, args: ["other"] });
  expect(await caller.receive("RESULT")).toMatchObject({ request: twice, args: ["other"] });
  expect(router.stats(REALM).pendingCalls).toBe(0);
  expect(router.totals(REALM)).toMatchObject({ frozen: 1, cut: 0 });
});

test("a call that has nowhere to go stays, and is canceled as ever", async (t) => {
  const { join, joinCallee } = start(t);
  const caller = await join();
  const callees = [await joinCallee("first"), await joinCallee("first")];
  const call = caller.call(WORK, TWICE);
  await callees[0]?.client.receive("INVOCATION");
  callees[1]?.freeze(true);
  callees[0]?.freeze(true);
  await caller.settle();
  expect(callees[1]?.client.unread()).toEqual([]);
  caller.send({ type: "CANCEL", request: call, options: {} });
  expect(await caller.receive("ERROR")).toMatchObject({ request: call, error: "wamp.error.canceled" });
  await callees[0]?.client.receive("INTERRUPT");
});

test("calls that may be made twice go on from a callee that is gone, but not for ever", async (t) => {
  const { router, join, joinCallee } = start(t);
  const caller = await join();
  const callees = [];
  for (let each = 0; each < 5; each++) callees.push(await joinCallee("first"));
  caller.call(WORK, TWICE);
  caller.call(WORK);
  for (const [index, { client }] of callees.slice(0, 4).entries()) {
    await client.receive("INVOCATION");
    if (index === 0) await client.receive("INVOCATION");
    client.close();
    if (index === 0) expect((await caller.receive("ERROR")).args).toEqual(["the callee has left"]);
  }
  expect(await caller.receive("ERROR")).toMatchObject({ error: "wamp.error.canceled" });
  await callees[4]?.client.settle();
  expect(callees[4]?.client.unread()).toEqual([]);
  expect(router.stats(REALM).pendingCalls).toBe(0);
});

test("a call whose caller has left with its callee goes nowhere", async (t) => {
  const { router, join, joinCallee } = start(t);
  const [first, other, watcher] = [await joinCallee("first"), await joinCallee("first"), await join()];
  first.client.call(WORK, TWICE); // its own
  await first.client.receive("INVOCATION");
  first.client.close();
  await watcher.settle();
  await other.client.settle();
  expect(other.client.unread()).toEqual([]);
  expect(router.stats(REALM).pendingCalls).toBe(0);
});

// Routers of a cluster withdraw their registrations first, and give calls to those that stay until then.
test.skipIf(process.env.WAMPACT_TEST_NODES)("a router that closes gives no call to another callee", async (t) => {
  const { router, join, joinCallee } = start(t);
  const caller = await join();
  const [first, other] = [await joinCallee("first"), await joinCallee("first")];
  caller.call(WORK, TWICE);
  await first.client.receive("INVOCATION");
  const closed = router.close();
  first.client.close();
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.canceled");
  for (const client of [caller, other.client]) {
    expect((await client.receive("GOODBYE")).reason).toBe("wamp.close.system_shutdown");
    client.send({ type: "GOODBYE", details: {}, reason: "wamp.close.goodbye_and_out" });
  }
  await closed;
});
