/** Realms whose event store answers by promises, as one on another machine does. */
import { expect, test } from "vitest";
import {
  createRouter,
  type EventStore,
  type HistoryKey,
  memoryStore,
  type RouterConfig,
  type StoredEvent,
} from "wampact/router";
import { SYSTEM_CLOCK } from "../../../src/session/clock.js";
import { WampError } from "../../../src/wire/error.js";
import { PAYLOAD_SIZE_EXCEEDED, UNAVAILABLE } from "../../../src/wire/uris.js";
import { connectPeer, createGate, type Finish, type Gate } from "../../support/peers.js";
import { RawClient, REALM, startRouter } from "../../support/raw.js";

const KEPT = "com.example.kept";
const PLAIN = "com.example.plain";

/** A write or a look that has begun: it is over when the test says so. */
interface Begun {
  readonly event?: StoredEvent;
  done(): void;
  fail(error: Error): void;
}

/** A store in memory that keeps, and can be read, when a test says so. */
class LateStore implements EventStore {
  readonly #store = memoryStore();
  readonly #begun: Begun[] = [];
  #awaited: Gate | undefined;
  /** Whether reading has to be waited for. */
  settles = false;

  retain(event: StoredEvent): Promise<void> {
    return this.#begin(() => this.#store.retain(event), event);
  }

  append(key: HistoryKey, event: StoredEvent, limit: number): Promise<void> {
    return this.#begin(() => this.#store.append(key, event, limit), event);
  }

  settled(): Promise<void> | undefined {
    return this.settles ? this.#begin(() => {}) : undefined;
  }

  retained = this.#store.retained.bind(this.#store);
  retainedTopics = this.#store.retainedTopics.bind(this.#store);
  history = this.#store.history.bind(this.#store);
  close = this.#store.close.bind(this.#store);

  get begun(): number {
    return this.#begun.length;
  }

  /** The next write that has begun. */
  async next(): Promise<Begun> {
    while (this.#begun.length === 0) {
      this.#awaited = createGate();
      await this.#awaited.promise;
    }
    return this.#begun.shift() as Begun;
  }

  #begin(carryOut: () => unknown, event?: StoredEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        carryOut();
        resolve();
      };
      this.#begun.push({ ...(event && { event }), done, fail: reject });
      this.#awaited?.open();
    });
  }
}

function start(t: Finish, config: Partial<RouterConfig> = {}) {
  const store = new LateStore();
  const realms = [{ name: REALM, store, history: [{ topic: KEPT }] }];
  return { store, ...startRouter(t, { realms, ...config }) };
}

function send(client: RawClient, topic: string, value: unknown, options: object = {}): number {
  const request = client.next();
  client.send({ type: "PUBLISH", request, options, topic, args: [value] });
  return request;
}

async function valuesOf(client: RawClient): Promise<readonly unknown[]> {
  await client.settle();
  const values = client.unread().map(({ type, args }) => (type === "EVENT" ? args[0] : type));
  for (const { type } of [...client.unread()]) await client.receive(type);
  return values;
}

test("an event is delivered and acknowledged once it is kept; what its session publishes later waits behind it, and others do not", async (t) => {
  const { store, join } = start(t);
  const [publisher, other, subscriber] = [await join(), await join(), await join()];
  for (const topic of [KEPT, PLAIN]) await subscriber.subscribe(topic);
  const kept = send(publisher, KEPT, "first", { acknowledge: true });
  const plain = send(publisher, PLAIN, "second", { acknowledge: true });
  send(publisher, KEPT, "third");
  send(publisher, PLAIN, "fourth");
  await publisher.settle();
  await other.publish(PLAIN, {}, ["other"]);
  expect(await valuesOf(subscriber)).toEqual(["other"]);
  expect(publisher.unread()).toEqual([]);
  const first = await store.next();
  expect([first.event?.payload.args, store.begun]).toEqual([["first"], 0]);
  first.done();
  expect((await publisher.answer(kept)).type).toBe("PUBLISHED");
  expect((await publisher.answer(plain)).type).toBe("PUBLISHED");
  expect(await valuesOf(subscriber)).toEqual(["first", "second"]);
  (await store.next()).done();
  for (const value of ["third", "fourth"]) expect((await subscriber.receive("EVENT")).args).toEqual([value]);
  await publisher.publish(PLAIN, {}, ["fifth"]); // nothing waits any more
  expect((await subscriber.receive("EVENT")).args).toEqual(["fifth"]);
});

test("an event that could not be kept is answered with ERROR; without acknowledgement it is delivered, and counted", async (t) => {
  const reports: string[] = [];
  const { store, join, router } = start(t, { onError: (error) => reports.push((error as Error).message) });
  const [publisher, subscriber] = [await join(), await join()];
  await subscriber.subscribe(KEPT);
  const refused = send(publisher, KEPT, "refused", { acknowledge: true });
  send(publisher, KEPT, "told");
  const large = send(publisher, KEPT, "large", { acknowledge: true });
  send(publisher, PLAIN, "plain");
  (await store.next()).fail(new Error("no leader"));
  expect(await publisher.answer(refused)).toMatchObject({ type: "ERROR", error: UNAVAILABLE });
  (await store.next()).fail(new Error("no leader"));
  expect(router.storeStats(REALM)).toEqual({ failing: true, notKept: 1, stops: 0, forgotten: 0 });
  (await store.next()).fail(new WampError(PAYLOAD_SIZE_EXCEEDED, { args: ["too large"] }));
  expect(await publisher.answer(large)).toMatchObject({ error: PAYLOAD_SIZE_EXCEEDED, args: ["too large"] });
  expect(await valuesOf(subscriber)).toEqual(["told"]);
  expect(reports).toEqual([expect.stringMatching(/store of realm "com.example" failed to write; .*: no leader$/)]);
  for (const value of ["too large", "too large again"]) send(publisher, KEPT, value);
  for (let count = 0; count < 2; count++)
    (await store.next()).fail(new WampError(PAYLOAD_SIZE_EXCEEDED, { args: ["999 bytes"] }));
  for (const value of ["too large", "too large again"])
    expect((await subscriber.receive("EVENT")).args).toEqual([value]);
  expect(reports.slice(1)).toEqual([
    `the event store of realm "com.example" did not keep an event, which was delivered without acknowledgement; this is reported once a minute: "${KEPT}": wamp.error.payload_size_exceeded: 999 bytes`,
  ]);
  const again = send(publisher, KEPT, "again", { acknowledge: true });
  (await store.next()).done(); // it is tried at once
  expect((await publisher.answer(again)).type).toBe("PUBLISHED");
  expect(router.storeStats(REALM)).toEqual({ failing: false, notKept: 5, stops: 0, forgotten: 0 });
});

test("a store that never answers is given up after 10 s", async (t) => {
  const timers = new Map<number, () => void>();
  const clock = {
    now: SYSTEM_CLOCK.now,
    after(delayMs: number, run: () => void) {
      if (delayMs !== 10_000) return SYSTEM_CLOCK.after(delayMs, run);
      const number = timers.size;
      timers.set(number, run);
      return () => void timers.delete(number);
    },
  };
  const { store, join } = start(t, { clock, onError: () => {} });
  const publisher = await join();
  timers.clear(); // those of the handshake
  const request = send(publisher, KEPT, 1, { acknowledge: true });
  await store.next();
  expect(timers.size).toBe(1);
  for (const run of timers.values()) run();
  expect(await publisher.answer(request)).toMatchObject({ type: "ERROR", error: UNAVAILABLE });
  expect(timers.size).toBe(0);
});

test("one event in several places is kept once all of them have it, and refused where one has not", async (t) => {
  const { store, join } = start(t, { onError: () => {} });
  const publisher = await join();
  const kept = send(publisher, KEPT, 1, { acknowledge: true, retain: true });
  const refused = send(publisher, KEPT, 2, { acknowledge: true, retain: true });
  (await store.next()).done();
  await publisher.settle();
  expect(publisher.unread()).toEqual([]);
  (await store.next()).done();
  expect((await publisher.answer(kept)).type).toBe("PUBLISHED");
  (await store.next()).done();
  (await store.next()).fail(new Error("no leader"));
  expect((await publisher.answer(refused)).type).toBe("ERROR");
});

test("what a session has published is delivered though it has left, its testament after that, and the router waits for it when it closes", async (t) => {
  const { store, join, router } = start(t);
  const [publisher, subscriber] = [await join(), await join()];
  for (const topic of [KEPT, PLAIN]) await subscriber.subscribe(topic);
  publisher.call("wamp.session.add_testament", {}, [PLAIN, ["testament"], {}]);
  await publisher.receive("RESULT");
  send(publisher, KEPT, "kept");
  send(publisher, PLAIN, "plain");
  publisher.close();
  const kept = await store.next();
  expect(await valuesOf(subscriber)).toEqual([]);
  kept.done();
  for (const value of ["kept", "plain", "testament"]) expect((await subscriber.receive("EVENT")).args).toEqual([value]);
  const request = send(subscriber, KEPT, "last", { acknowledge: true });
  await subscriber.settle();
  const closed = router.close();
  (await store.next()).done();
  expect((await subscriber.answer(request)).type).toBe("PUBLISHED");
  await subscriber.receive("GOODBYE");
  subscriber.close();
  await closed;
});

test("testaments and meta events that are kept are told in their order", async (t) => {
  const store = new LateStore();
  const history = [{ topic: "wamp.session.on_leave" }];
  const { join } = startRouter(t, { realms: [{ name: REALM, store, history }] });
  const subscriber = await join();
  for (const topic of ["wamp.session.on_leave", "wamp.session.on_join"]) await subscriber.subscribe(topic);
  const leaver = await join();
  expect((await subscriber.receive("EVENT")).args[0]).toMatchObject({ session: leaver.session });
  leaver.close();
  const leaving = await store.next();
  const other = await join();
  expect(await valuesOf(subscriber)).toEqual([]);
  leaving.done();
  expect((await subscriber.receive("EVENT")).args[0]).toBe(leaver.session);
  expect((await subscriber.receive("EVENT")).args[0]).toMatchObject({ session: other.session });
});

test("retained events are sent when the store can be read, unless a live event has come first; where it cannot be, those that it shows", async (t) => {
  const { store, join } = start(t, { onError: () => {} });
  const [publisher, subscriber] = [await join(), await join()];
  for (const topic of ["com.example.a", "com.example.b"]) {
    const request = send(publisher, topic, `old ${topic}`, { retain: true, acknowledge: true });
    (await store.next()).done();
    await publisher.answer(request);
  }
  store.settles = true;
  await subscriber.subscribe("com.example.", { match: "prefix", get_retained: true });
  const looked = await store.next();
  await publisher.publish("com.example.b", {}, ["live"]);
  expect(await valuesOf(subscriber)).toEqual(["live"]);
  looked.done();
  expect((await subscriber.receive("EVENT")).args).toEqual(["old com.example.a"]);
  expect(await valuesOf(subscriber)).toEqual([]);
  await subscriber.subscribe("com.example.a", { get_retained: true });
  (await store.next()).fail(new Error("no leader"));
  expect(await subscriber.receive("EVENT")).toMatchObject({ args: ["old com.example.a"], details: { retained: true } });
});

test("a history is read when the store can be, and refused with wamp.error.unavailable where it cannot", async (t) => {
  const { store, join } = start(t, { onError: () => {} });
  const client = await join();
  const request = send(client, KEPT, 1, { acknowledge: true });
  const kept = await store.next();
  store.settles = true;
  client.call("wamp.subscription.lookup", {}, [KEPT]);
  const [subscription] = (await client.receive("RESULT")).args;
  const read = client.call("wamp.subscription.get_events", {}, [subscription]);
  const looked = await store.next();
  kept.done();
  expect((await client.answer(request)).type).toBe("PUBLISHED");
  looked.done();
  expect((await client.answer(read)).args).toMatchObject([{ args: [1] }]);
  const failed = client.call("wamp.subscription.get_events", {}, [subscription]);
  (await store.next()).fail(new Error("no leader"));
  expect(await client.answer(failed)).toMatchObject({ type: "ERROR", error: UNAVAILABLE });
});

test("a session in this process, which cannot be slowed down, is refused beyond 10,000 events that wait", async (t) => {
  const store = new LateStore();
  const router = createRouter({ realms: [{ name: REALM, store, history: [{ topic: KEPT }] }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));

  const client = new RawClient(router.attach());
  await client.hello(REALM);
  send(client, KEPT, 0);
  for (let count = 2; count < 10_000; count++) send(client, PLAIN, count);
  const last = send(client, PLAIN, "last", { acknowledge: true });
  const refused = send(client, PLAIN, "refused", { acknowledge: true });
  expect(await client.answer(refused)).toMatchObject({ type: "ERROR", error: UNAVAILABLE });
  (await store.next()).done();
  expect((await client.answer(last)).type).toBe("PUBLISHED");
  expect((await client.answer(send(client, PLAIN, "again", { acknowledge: true }))).type).toBe("PUBLISHED");
});

test.for([
  ["1,000 events", 1_500, 1],
  ["1 MiB of events", 2, 600_000],
] as const)("a session of which %s wait is not read until they are kept, which is counted", async ([
  _,
  count,
  length,
], t) => {
  const { store, router } = start(t);
  const { url } = await router.listen({ port: 0 });
  const peer = await connectPeer(t, { url });
  const stops = () => router.storeStats(REALM).stops;
  await peer.publish(PLAIN, ["not kept"], {}, { acknowledge: true });
  expect(stops()).toBe(0);
  peer.publish(KEPT, ["kept"]);
  const kept = await store.next();
  for (let number = 0; number < count; number++) peer.publish(PLAIN, ["x".repeat(length)]);
  const last = peer.publish(PLAIN, ["last"], {}, { acknowledge: true });
  await expect.poll(stops).toBe(1);
  kept.done();
  expect((await last)?.publication).toBeGreaterThan(0); // it is read again
});
