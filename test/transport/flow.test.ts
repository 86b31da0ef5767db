/** What a router does under a flood: who makes more work than there is room for is read later, and nothing is lost. */
import { randomBytes } from "node:crypto";
import { expect, type TestContext, test } from "vitest";
import { connect, type Peer } from "wampact/peer";
import { ConnectionFlow, ReadBudget } from "../../src/transport/flow.js";
import { FrameClient, listen, SERIALIZERS } from "../support/frames.js";
import { REALM } from "../support/raw.js";

const JSON_SERIALIZER = SERIALIZERS[0] as (typeof SERIALIZERS)[0];
const large = () => randomBytes(15_000).toString("base64"); // which compresses badly
const CALLS = 1_500; // 30 MB, more than the buffers of the operating system hold

test.for([
  false,
  true,
])("a caller waits while the callee does not read, and then every call is answered (compression: %s)", async (perMessageDeflate, t) => {
  const { url, router } = await listen(t, { maxUnsentBytes: 1024 * 1024, perMessageDeflate });
  const callee = await registered(t, url, "com.example.slow");
  const [caller, bystander] = [await peer(t, url), await peer(t, url)];
  await bystander.register("com.example.fast", () => "done");
  callee.ws.pause();
  const calls = Array.from({ length: CALLS }, () => caller.call("com.example.slow", [large()]));
  await expect.poll(() => stalled(() => router.stats(REALM).pendingCalls), { timeout: 15_000 }).toBe(true);
  expect(router.stats(REALM).pendingCalls).toBeLessThan(CALLS);
  expect(router.sessions(REALM)).toHaveLength(3); // nobody was cut
  expect((await bystander.call("com.example.fast")).args).toEqual(["done"]);

  callee.ws.resume();
  await answer(callee, CALLS);
  await Promise.all(calls);
});

test("calls that wait for a callee are answered when it goes", async (t) => {
  const { url, router } = await listen(t, { maxUnsentBytes: 1024 * 1024 });
  const callee = await registered(t, url, "com.example.slow");
  const caller = await peer(t, url);
  callee.ws.pause();
  const calls = Array.from({ length: CALLS }, () => caller.call("com.example.slow", [large()]).safe());
  await expect.poll(() => stalled(() => router.stats(REALM).pendingCalls), { timeout: 15_000 }).toBe(true);
  callee.ws.terminate();
  const uris = new Set((await Promise.all(calls)).map((outcome) => !outcome.ok && outcome.error.uri));
  expect([...uris].sort()).toEqual(["wamp.error.canceled", "wamp.error.no_such_procedure"]);
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
  await expect.poll(() => stalled(() => handled), { timeout: 15_000 }).toBe(true);
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
  await expect.poll(() => router.sessions(REALM).length, { timeout: 15_000 }).toBe(1); // the callee answers no ping
  expect(router.sessions(REALM)[0]?.id).toBe(caller.session?.id);
  await expect.poll(() => router.stats(REALM).pendingCalls, { timeout: 15_000 }).toBe(0);
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
  const budget = new ReadBudget();
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
  const budget = new ReadBudget();
  const callee = connection(budget);
  for (let message = 0; message < 5_000; message++) callee.received(40);
  expect(callee.stopped).toBe(true);
  await nextTurn();
  expect(callee.stopped).toBe(false);
});

test("no more calls are read than there is room for their results", () => {
  const caller = connection(new ReadBudget()); // has room for 250 bytes
  const counted = [caller.expect(100), caller.expect(100)];
  expect(caller.stopped).toBe(false);
  counted.push(caller.expect(100));
  expect(caller.stopped).toBe(true);
  for (const each of counted.splice(0, 2)) caller.settle(each);
  expect(caller.stopped).toBe(false);
  expect(caller.expect(100)).toBe(100);
  expect(caller.stopped).toBe(false);
});

test("a caller does not wait for answers that are slow", async () => {
  const caller = connection(new ReadBudget());
  for (let call = 0; call < 5; call++) caller.expect(100);
  expect(caller.stopped).toBe(true);
  await expect.poll(() => caller.stopped).toBe(false);
  caller.expect(100);
  expect(caller.stopped).toBe(false); // they are not counted any more
});

test("results of unknown size are counted as well", () => {
  const caller = connection(new ReadBudget());
  let calls = 0;
  while (!caller.stopped && calls < 1_000) calls += Number(caller.expect(undefined) > 0);
  expect(calls).toBeGreaterThan(100);
  expect(calls).toBeLessThan(1_000);
});

function connection(budget: ReadBudget): ConnectionFlow {
  const input = { pause() {}, resume() {} };
  const output = { unsentBytes: 0, onceDrained: (callback: () => void) => callback() };
  return new ConnectionFlow({ input, output, maxUnsentBytes: 1_000, budget });
}

/** Right behind what the budget does at the end of a turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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
  await new Promise((resolve) => setTimeout(resolve, 200));
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
