import { expect, test } from "vitest";
import { createClient, topic } from "wampact";
import * as z from "zod";
import { failureOf, Inbox } from "../support/peers.js";
import { startTyped } from "../support/typed.js";

const contract = {
  news: topic("com.example.news", { event: z.object({ text: z.string() }) }),
  counts: topic("com.example.counts", { event: z.number() }),
  orders: topic("com.example.orders.{order}", { event: z.string(), disclose: true }),
};

async function startTopics(t: Parameters<typeof startTyped>[0]) {
  const setup = await startTyped(t);
  return {
    ...setup,
    publisher: createClient(setup.service, contract),
    subscriber: createClient(setup.consumer, contract),
  };
}

test("an event reaches its subscribers checked, with all that is known of it", async (t) => {
  const { publisher, subscriber, service } = await startTopics(t);
  const events = new Inbox<unknown>();
  await subscriber.news.subscribe(events.push);
  await subscriber.orders.subscribe({}, events.push);
  const { publication } = await publisher.news.publish({ text: "hi" }, { acknowledge: true });
  expect(await events.next()).toEqual({
    data: { text: "hi" },
    params: {},
    topic: "com.example.news",
    publication,
    retained: false,
    dropped: 0,
  });
  await publisher.orders.publish({ order: "o1" }, "done");
  const { id: session, authid, authrole } = service.session ?? expect.unreachable();
  expect(await events.next()).toMatchObject({
    data: "done",
    params: { order: "o1" },
    topic: "com.example.orders.o1",
    publisher: { session, authid, authrole }, // as the contract's `disclose` asks
  });
});

test("an option of publish wins over the contract's", async (t) => {
  const { publisher, subscriber } = await startTopics(t);
  const events = new Inbox<object>();
  await subscriber.orders.subscribe({}, events.push);
  await publisher.orders.publish({ order: "o1" }, "done", { disclose: false });
  expect(await events.next()).not.toHaveProperty("publisher");
});

test("an event that does not fit is not published, and rejects with issues", async (t) => {
  const { publisher, raw } = await startTopics(t);
  await raw.subscribe("com.example.news");
  expect(await failureOf(publisher.news.publish({ text: 7 } as never))).toMatchObject({
    uri: "wamp.error.invalid_argument",
    args: ["com.example.news event.text: expected string"],
    kwargs: { issues: [{ path: ["text"], code: "invalid_type", expected: "string", message: "expected string" }] },
    code: "invalidInput",
    issues: [{ path: ["text"], code: "invalid_type", expected: "string", message: "expected string" }],
  });
  await raw.settle();
  expect(raw.unread()).toEqual([]);
});

test("an event that does not fit is dropped and told to onInvalid, and the subscription goes on", async (t) => {
  const { consumer, raw } = await startTopics(t);
  const [events, invalid] = [new Inbox<unknown>(), new Inbox<unknown>()];
  const client = createClient(consumer, contract, {
    onInvalid: (issues, event) => invalid.push({ issues, kwargs: event.kwargs, topic: event.topic }),
  });
  await client.news.subscribe(({ data }) => events.push(data));
  const send = (kwargs: object) =>
    raw.send({ type: "PUBLISH", request: raw.next(), options: {}, topic: "com.example.news", kwargs: { ...kwargs } });
  send({ text: 7 });
  send({ text: "fine" });
  expect(await events.next()).toEqual({ text: "fine" });
  expect(await invalid.next()).toEqual({
    issues: [{ path: ["text"], code: "invalid_type", expected: "string", message: "expected string" }],
    kwargs: { text: 7 },
    topic: "com.example.news",
  });
});

test("without onInvalid, the peer's onError is told of a dropped event, without its value", async (t) => {
  const { subscriber, raw, told } = await startTopics(t);
  const events = new Inbox<unknown>();
  await subscriber.counts.subscribe(({ data }) => events.push(data));
  await raw.publish("com.example.counts", {}, ["secret"]);
  await raw.publish("com.example.counts", {}, [1]);
  expect(await events.next()).toBe(1);
  expect(told).toHaveLength(1);
  expect(told[0]).toBeInstanceOf(Error);
  expect(told[0]).toMatchObject({
    message: "an event of com.example.counts was dropped: event: expected number",
    uri: "wamp.error.invalid_argument",
    code: "invalidInput",
    issues: [{ path: [], code: "invalid_type", expected: "number", message: "expected number" }],
    topic: "com.example.counts",
  });
  expect(JSON.stringify(told[0])).not.toContain("secret");
});

test("a handler's exception goes to onError", async (t) => {
  const { subscriber, publisher, told } = await startTopics(t);
  const events = new Inbox<unknown>();
  await subscriber.counts.subscribe(({ data }) => {
    if (data === 1) throw new Error("not one");
    events.push(data);
  });
  await publisher.counts.publish(1);
  await publisher.counts.publish(2);
  expect(await events.next()).toBe(2);
  expect(told).toEqual([new Error("not one")]);
});

test("events() is subscribed from the start of the loop on, and leaving it unsubscribes", async (t) => {
  const { subscriber, publisher } = await startTopics(t);
  const loop = subscriber.counts.events()[Symbol.asyncIterator]();
  await publisher.counts.publish(0, { acknowledge: true }); // before the loop: for nobody
  const first = loop.next();
  await publisher.counts.publish(1);
  expect((await first).value?.data).toBe(1);
  expect(await loop.return?.()).toEqual({ done: true, value: undefined });
  await publisher.counts.publish(2, { acknowledge: true });
  expect(await loop.next()).toEqual({ done: true, value: undefined });
});

test("a loop that is too slow keeps the newest events of its queue, and the next event counts the dropped", async (t) => {
  const { subscriber, publisher } = await startTopics(t);
  const loop = subscriber.counts.events({ queue: 3 })[Symbol.asyncIterator]();
  const read = async () => {
    const { value } = await loop.next();
    return [value?.data, value?.dropped];
  };
  const all = new Inbox<unknown>();
  const first = read();
  await subscriber.counts.subscribe(({ data }) => all.push(data));
  const publish = async (from: number, to: number) => {
    for (let count = from; count <= to; count++) await publisher.counts.publish(count);
    while ((await all.next()) !== to); // the loop's own listener came first
  };
  await publish(0, 0);
  expect(await first).toEqual([0, 0]);
  await publish(1, 10);
  expect([await read(), await read()]).toEqual([
    [8, 7],
    [9, 0],
  ]);
  await publish(11, 14);
  expect([await read(), await read(), await read()]).toEqual([
    [12, 2],
    [13, 0],
    [14, 0],
  ]);
  await loop.return?.();
});

test("aborting its signal ends a loop in silence, whether it waits or has not begun", async (t) => {
  const { subscriber, publisher } = await startTopics(t);
  const controller = new AbortController();
  const seen: unknown[] = [];
  const loop = (async () => {
    for await (const { data } of subscriber.counts.events({ signal: controller.signal })) {
      seen.push(data);
      controller.abort();
    }
  })();
  await publisher.counts.publish(1);
  await loop;
  for await (const _ of subscriber.counts.events({ signal: controller.signal })) expect.unreachable();
  expect(seen).toEqual([1]);
});

test("a peer that closes ends a loop that waits, as disconnected", async (t) => {
  const { subscriber, consumer } = await startTopics(t);
  const next = failureOf(subscriber.counts.events()[Symbol.asyncIterator]().next());
  await consumer.close();
  expect(await next).toMatchObject({ uri: "wampact.error.disconnected" });
});

test("a peer that leaves its realm ends a loop that waits", async (t) => {
  const { subscriber, consumer, raw } = await startTopics(t);
  const next = failureOf(subscriber.counts.events()[Symbol.asyncIterator]().next());
  await raw.settle();
  await consumer.leave();
  expect(await next).toMatchObject({
    uri: "wampact.error.disconnected",
    args: ["the peer has left the realm"],
  });
});

test.for([0, 1.5, -1, Number.NaN])("a queue of %d events is a TypeError", async (queue, t) => {
  const { subscriber } = await startTopics(t);
  expect(() => subscriber.counts.events({ queue })).toThrow(
    new TypeError(`events.queue: expected a positive integer, got ${queue}`),
  );
});

test("await using a typed subscription unsubscribes", async (t) => {
  const { subscriber, publisher } = await startTopics(t);
  const [inside, always] = [new Inbox<unknown>(), new Inbox<unknown>()];
  await subscriber.counts.subscribe(({ data }) => always.push(data));
  {
    await using _ = await subscriber.counts.subscribe(({ data }) => inside.push(data));
    await publisher.counts.publish(1);
    expect(await inside.next()).toBe(1);
  }
  await publisher.counts.publish(2);
  expect([await always.next(), await always.next()]).toEqual([1, 2]);
  expect(inside.values).toEqual([]);
});
