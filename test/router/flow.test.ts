/** A router under a flood: it delays reading from those who cause more work than it has room for, and loses nothing. */

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, type TestContext, test, vi } from "vitest";
import { connect, type Peer } from "wampact/peer";
import { Epochs } from "../../src/router/flow/epochs.js";
import { ReadBudget } from "../../src/router/flow/read-budget.js";
import { SessionFlow } from "../../src/router/flow/session-flow.js";
import { SentWork } from "../../src/transport/sent-work.js";
import type { Transport } from "../../src/transport/transport.js";
import { FrameClient, listen, SERIALIZERS } from "../support/frames.js";
import { REALM } from "../support/raw.js";

const JSON_SERIALIZER = SERIALIZERS[0] as (typeof SERIALIZERS)[0];
const large = () => randomBytes(15_000).toString("base64"); // which compresses badly
const CALLS = 1_500; // 30 MB, more than the buffers of the operating system hold

test.for([
  false,
  true,
])("calls to a callee that does not read wait up to a bound, more are refused, and the caller's other calls go on (compression: %s)", async (perMessageDeflate, t) => {
  const { url, router } = await listen(t, { maxUnsentBytes: 1024 * 1024, perMessageDeflate });
  const callee = await registered(t, url, "com.example.slow");
  const [caller, other] = [await peer(t, url), await peer(t, url)];
  await other.register("com.example.fast", () => "done");
  callee.ws.pause();
  const calls = Array.from({ length: CALLS }, () => caller.call("com.example.slow", [large()]).safe());
  expect((await caller.call("com.example.fast")).args).toEqual(["done"]);
  await expect.poll(() => stalled(() => router.stats(REALM).pendingCalls)).toBe(true);
  expect(router.sessions(REALM)).toHaveLength(3); // nobody was cut

  const held = router.stats(REALM).pendingCalls;
  expect(held).toBeLessThan(CALLS);
  callee.ws.resume();
  await answer(callee, held);
  const outcomes = (await Promise.all(calls)).map((outcome) => (outcome.ok ? "answered" : outcome.error.uri));
  expect(outcomes.filter((outcome) => outcome === "answered")).toHaveLength(held);
  expect(new Set(outcomes)).toEqual(new Set(["answered", "wamp.error.unavailable"]));
});

test("all parts of a progressive call reach a callee that reads slowly", async (t) => {
  const { url } = await listen(t, { maxUnsentBytes: 1024 * 1024 });
  const callee = await progressive(t, url);
  callee.sendList([64, 1, {}, "com.example.upload"]);
  await callee.receive("REGISTERED");
  const caller = await progressive(t, url);
  callee.ws.pause();
  for (let part = 1; part <= CALLS; part++) {
    caller.sendList([48, 1, part < CALLS ? { progress: true } : {}, "com.example.upload", [large()]]);
  }
  const resume = setTimeout(() => callee.ws.resume(), 1_000);
  t.onTestFinished(() => clearTimeout(resume));
  let parts = 0;
  while (parts < CALLS) {
    const { details } = await callee.receive("INVOCATION");
    if (++parts === CALLS) expect(details.progress).not.toBe(true);
  }
});

test("calls that wait for a callee are answered when it goes", async (t) => {
  const { url, router } = await listen(t, { maxUnsentBytes: 1024 * 1024 });
  const callee = await registered(t, url, "com.example.slow");
  const caller = await peer(t, url);
  callee.ws.pause();
  const calls = Array.from({ length: CALLS }, () => caller.call("com.example.slow", [large()]).safe());
  await expect.poll(() => stalled(() => router.stats(REALM).pendingCalls)).toBe(true);
  callee.ws.terminate();
  const outcomes = (await Promise.all(calls)).map((outcome) => (outcome.ok ? "answered" : outcome.error.uri));
  expect(outcomes).toContain("wamp.error.canceled"); // and the rest was refused, before it went or afterwards
  for (const outcome of outcomes)
    expect(["wamp.error.canceled", "wamp.error.unavailable", "wamp.error.no_such_procedure"]).toContain(outcome);
});

test("a caller that does not read its results waits, and then every call is answered", async (t) => {
  const { url, router } = await listen(t, { maxUnsentBytes: 1024 * 1024 });
  const callee = await peer(t, url);
  let handled = 0;
  await callee.register("com.example.wordy", () => {
    handled++;
    return { args: [large()] };
  });
  const caller = await FrameClient.join(t, url, JSON_SERIALIZER);
  caller.sendList([48, 1, {}, "com.example.wordy"]); // now the router knows how large its results are
  await caller.receive("RESULT");
  caller.ws.pause();
  for (let call = 2; call <= CALLS; call++) caller.sendList([48, call, {}, "com.example.wordy"]);
  await expect.poll(() => stalled(() => handled)).toBe(true);
  expect(router.sessions(REALM)).toHaveLength(2); // nobody was cut

  caller.ws.resume();
  for (let call = 2; call <= CALLS; call++) await caller.receive("RESULT");
});

test("a caller that waits is not taken for dead, and is read again at the next ping", async (t) => {
  const { url, router } = await listen(t, { maxUnsentBytes: 1024 * 1024, pingIntervalMs: 300 });
  const callee = await registered(t, url, "com.example.slow");
  const caller = await peer(t, url);
  callee.ws.pause();
  for (let count = 0; count < CALLS; count++) void caller.call("com.example.slow", [large()]).safe();
  await expect.poll(() => router.sessions(REALM).length).toBe(1); // the callee answers no ping
  expect(router.sessions(REALM)[0]?.id).toBe(caller.session?.id);
  await expect.poll(() => router.stats(REALM).pendingCalls).toBe(0);
});

test("a flood is not read in one turn, however many callers there are", async (t) => {
  const { url, router } = await listen(t);
  const callee = await registered(t, url, "com.example.quick");
  callee.ws.on("message", (data) => callee.sendList([70, JSON.parse(String(data))[1], {}]));
  const callers = await Promise.all(Array.from({ length: 16 }, () => FrameClient.join(t, url, JSON_SERIALIZER)));
  const each = 5_000;
  const done = Promise.all(
    callers.map(
      ({ ws }) =>
        new Promise<void>((resolve) => {
          let answered = 0;
          ws.on("message", () => ++answered === each && resolve());
        }),
    ),
  );
  for (const caller of callers)
    for (let call = 1; call <= each; call++) caller.sendList([48, call, {}, "com.example.quick"]);
  expect(await mostOfOneTurn(() => router.stats(REALM).pendingCalls, done)).toBeLessThan((each * callers.length) / 2);
});

test("who waits is read again when answers no longer come in numbers, a few in each turn", async () => {
  const budget = new ReadBudget(new SentWork());
  const callee = connection(budget);
  const callers = Array.from({ length: 6 }, () => connection(budget));
  const answers = (count: number) => {
    for (let answer = 0; answer < count; answer++) {
      callee.endedCall();
      callee.received(40);
    }
  };
  const waiting = () => callers.filter(({ stopped }) => stopped).length;
  answers(5_000);
  expect(callee.stopped).toBe(false);
  for (const caller of callers) caller.received(40);
  expect(waiting()).toBe(6);
  await nextTurn();
  expect(waiting()).toBe(6);
  answers(5_000);
  await nextTurn();
  expect(waiting()).toBe(6);
  answers(10);
  await nextTurn();
  expect(waiting()).toBe(2);
  await nextTurn();
  expect(waiting()).toBe(0);
});

test("who answers calls that are over waits like everybody else", async () => {
  const budget = new ReadBudget(new SentWork());
  const callee = connection(budget);
  for (let message = 0; message < 5_000; message++) callee.received(40);
  expect(callee.stopped).toBe(true);
  await nextTurn();
  expect(callee.stopped).toBe(false);
});

test("who causes much to be sent waits after one message, and others after a long turn", async () => {
  const budget = new ReadBudget(new SentWork());
  const [publisher, other] = [connection(budget), connection(budget)];
  for (let event = 0; event < 9_900; event++) budget.work.add(20);
  publisher.received(40);
  expect(publisher.stopped).toBe(true);
  other.received(40);
  expect(other.stopped).toBe(true);
  await nextTurn();
  expect([publisher.stopped, other.stopped]).toEqual([false, false]);
});

test("a turn that takes long is over for requests first, and then for answers", async (t) => {
  t.onTestFinished(() => void vi.restoreAllMocks());
  let nowMs = 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  const budget = new ReadBudget(new SentWork());
  const [caller, callee] = [connection(budget), connection(budget)];
  const handle = (flow: SessionFlow, answers: boolean) => {
    for (let message = 0; message < 70; message++) {
      if (answers) flow.endedCall();
      flow.received(0);
    }
  };
  handle(caller, false);
  nowMs += 15;
  handle(callee, true);
  handle(caller, false);
  expect([caller.stopped, callee.stopped]).toEqual([true, false]);
  nowMs += 15;
  handle(callee, true);
  expect(callee.stopped).toBe(true);
  await nextTurn();
  expect([caller.stopped, callee.stopped]).toEqual([false, false]);
});

test("no more calls are read than there is room for their results", () => {
  const caller = connection(); // has room for 250 bytes
  caller.expect(100, 0);
  caller.expect(100, 0);
  expect(caller.stopped).toBe(false);
  caller.expect(100, 0);
  expect(caller.stopped).toBe(true);
  for (let answer = 0; answer < 2; answer++) caller.settle(100, { addedIn: 0, epoch: 0 });
  expect(caller.stopped).toBe(false);
});

test("a caller does not wait for answers that do not come soon", async () => {
  const caller = connection();
  for (let call = 0; call < 5; call++) caller.expect(100, 0);
  expect(caller.stopped).toBe(true);
  await expect.poll(() => caller.stopped).toBe(false);
});

test("answers of unknown size are counted, until they are known to be slow", () => {
  const { estimates } = connection();
  expect(estimates.expect(1, 0)).toBeGreaterThan(0);
  expect(estimates.expect(1, 1)).toBeGreaterThan(0);
  expect(estimates.expect(1, 2)).toBe(0);
  estimates.learn(1, 5_000, { madeIn: 0, epoch: 2 }); // one more slow answer
  expect(estimates.expect(1, 2)).toBe(0);
  estimates.learn(1, 5_000, { madeIn: 2, epoch: 2 });
  expect(estimates.expect(1, 2)).toBe(5_000);
});

function connection(budget: ReadBudget = new ReadBudget(new SentWork())): SessionFlow {
  const reading = {
    paused: false,
    pause: () => {
      reading.paused = true;
    },
    resume: () => {
      reading.paused = false;
    },
  };
  const transport: Transport = {
    info: { kind: "test" },
    unsentBytes: 0,
    maxUnsentBytes: 1_000,
    reading,
    open() {},
    send() {},
    close() {},
    onceDrained: (callback) => callback(),
  };
  return new SessionFlow(transport, reading, { budget, epochs: new Epochs() });
}

/** Right behind what the budget does at the end of a turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A client that takes the parts of progressive calls, and sends them. */
async function progressive(t: TestContext, url: string): Promise<FrameClient> {
  const client = await FrameClient.open(t, url, JSON_SERIALIZER);
  const role = { features: { progressive_call_invocations: true, call_canceling: true } };
  client.sendList([1, REALM, { roles: { caller: role, callee: role } }]);
  await client.receive("WELCOME");
  return client;
}

async function peer(t: TestContext, url: string): Promise<Peer> {
  const made = await connect({ url, realm: REALM, onError: () => {} });
  t.onTestFinished(() => made.close());
  return made;
}

async function registered(t: TestContext, url: string, procedure: string): Promise<FrameClient> {
  const callee = await FrameClient.join(t, url, JSON_SERIALIZER);
  callee.sendList([64, 1, {}, procedure]);
  await callee.receive("REGISTERED");
  return callee;
}

async function answer(callee: FrameClient, count: number): Promise<void> {
  for (let answered = 0; answered < count; answered++) {
    const { request } = await callee.receive("INVOCATION");
    callee.sendList([70, request, {}]);
  }
}

/** Whether a figure has risen above 0 and stands still. */
async function stalled(figure: () => number): Promise<boolean> {
  const before = figure();
  await sleep(200);
  return before > 0 && figure() === before;
}

/** The most that a figure rises by in one turn of the event loop, until something is done. */
async function mostOfOneTurn(figure: () => number, done: Promise<unknown>): Promise<number> {
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  let most = 0;
  for (let before = figure(); !isDone; before = figure()) {
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, figure() - before);
  }
  return most;
}
