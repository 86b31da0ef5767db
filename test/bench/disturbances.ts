/** Disturbances of a router. Each one prepares what it needs, and then does one thing that is a lot of work for the router at once. */
import type { Serializer } from "../../src/wire/serializer.js";
import { cbor } from "../../src/wire/serializers/cbor.js";
import { json } from "../../src/wire/serializers/json.js";
import { msgpack } from "../../src/wire/serializers/msgpack.js";
import { type Act, type Disturbance, flood, frames, MEGABYTE, outcome, pause, repeated } from "./acts.js";
import { FLOODS } from "./floods.js";
import { controlFrame } from "./frames.js";
import { BareClient, frameOf } from "./load.js";
import { registerMany, subscribeMany } from "./memory.js";

const serializer = json();
const SESSIONS = 10_000;
const ENTRIES = 50_000;
const CALLERS = 100;
const CALLS_EACH = 1_000;
const SLOW_SUBSCRIBERS = 100;
const EVENTS = 30_000;
const STORED_EVENTS = 900;
const KEYS = 1_000_000;
export const DISTURBANCES: readonly Disturbance[] = [
  { name: "nothing else", long: false, prepare: async () => () => pause(1_000) },
  {
    name: "10,000 sessions join",
    long: true,
    prepare: async (url) => async () => {
      await BareClient.joinMany(url, serializer, SESSIONS);
      return undefined;
    },
  },
  {
    name: "10,000 sessions are cut at once",
    long: true,
    async prepare(url) {
      await BareClient.joinMany(url, serializer, SESSIONS);
      return die;
    },
  },
  {
    name: "10,000 sessions are reset at once",
    long: true,
    async prepare(url) {
      const clients = await BareClient.joinMany(url, serializer, SESSIONS);
      const subscribe = frameOf(serializer, [32, 1, {}, "com.bench.topic"]);
      for (const { socket } of clients) socket.pause().write(subscribe);
      await pause(2_000); // until the answers are there: who dies with something unread resets the connection
      return die;
    },
  },
  {
    name: "a session with 50,000 registrations is cut",
    long: true,
    prepare: async (url) => cutOf(await withRegistrations(url)),
  },
  {
    name: "a session with 50,000 registrations is cut, one watches on_unregister",
    long: true,
    async prepare(url) {
      const callee = await withRegistrations(url);
      const watcher = await BareClient.join(url, serializer);
      await watcher.ask([32, 1, {}, "wamp.registration.on_unregister"]);
      return async () => {
        const told = frames(watcher, ENTRIES);
        callee.close();
        await told;
        return undefined;
      };
    },
  },
  {
    name: "a session with 50,000 subscriptions is cut",
    long: true,
    async prepare(url) {
      const subscriber = await BareClient.join(url, serializer);
      await subscribeMany(subscriber, 0, ENTRIES);
      return cutOf(subscriber);
    },
  },
  {
    name: "100,000 calls fail because their callee is cut",
    long: true,
    prepare: prepareDeadCallee,
  },
  {
    name: "100 subscribers do not read 30,000 events of 1 KB",
    long: true,
    prepare: prepareSlowSubscribers,
  },
  {
    name: "a client pages through 900 events of 1 MB",
    long: true,
    settings: {
      realm: { history: [{ topic: "com.bench.history" }] },
      store: { maxHistoryBytes: 2 * STORED_EVENTS * MEGABYTE },
    },
    prepare: prepareHistory,
  },
  callWithKeys(json()),
  { ...callWithKeys(msgpack()), long: true },
  { ...callWithKeys(cbor()), long: true },
  {
    name: "a HELLO with 1,000,000 keys",
    long: false,
    async prepare(url) {
      const hello = frameOf(serializer, [1, BareClient.realm, { ...manyKeys(), roles: { caller: {} } }]);
      return async () => outcome(await BareClient.open(url, serializer), hello);
    },
  },
  {
    name: "78 MB of empty continuation frames",
    long: true,
    async prepare(url) {
      const client = await BareClient.join(url, serializer);
      client.socket.write(Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x5b])); // a message begins
      return () => flood(client, repeated(Buffer.from([0x00, 0x80, 0, 0, 0, 0])), 78);
    },
  },
  {
    name: "620 MB of pings whose pongs are not read",
    long: true,
    async prepare(url) {
      const client = await BareClient.join(url, serializer);
      client.socket.pause();
      return () => flood(client, repeated(controlFrame(0x9, Buffer.alloc(125))), 620);
    },
  },
  ...FLOODS,
];

function callWithKeys(serializer: Serializer): Disturbance {
  return {
    name: `a CALL with 1,000,000 option keys, ${serializer.id}`,
    long: false,
    async prepare(url) {
      const call = frameOf(serializer, [48, 1, manyKeys(), "com.bench.none"]);
      const client = await BareClient.join(url, serializer);
      return () => outcome(client, call);
    },
  };
}

async function prepareDeadCallee(url: string): Promise<Act> {
  const callee = await BareClient.join(url, serializer);
  await callee.ask([64, 1, {}, "com.bench.dead"]);
  const callers = await BareClient.joinMany(url, serializer, CALLERS);
  const invoked = frames(callee, CALLERS * CALLS_EACH);
  for (const caller of callers) {
    const calls = Array.from({ length: CALLS_EACH }, (_, index) => [48, index + 1, {}, "com.bench.dead"]);
    caller.socket.write(Buffer.concat(calls.map((call) => caller.frame(call))));
  }
  await invoked;
  return async () => {
    const failed = callers.map((caller) => frames(caller, CALLS_EACH));
    callee.close();
    await Promise.all(failed);
    return undefined;
  };
}

/** One subscriber more reads, and must get every event. */
async function prepareSlowSubscribers(url: string): Promise<Act> {
  const publisher = await BareClient.join(url, serializer);
  const reader = await BareClient.join(url, serializer);
  const slow = await BareClient.joinMany(url, serializer, SLOW_SUBSCRIBERS);
  for (const subscriber of [reader, ...slow]) await subscriber.ask([32, 1, {}, "com.bench.flood"]);
  for (const subscriber of slow) subscriber.socket.pause();
  const before = await sessionsOf(publisher);
  const batch = 50;
  const event = publisher.frame([16, 1, {}, "com.bench.flood", ["x".repeat(1_024)]]);
  return async () => {
    const received = frames(reader, EVENTS);
    await flood(publisher, Buffer.concat(Array.from({ length: batch }, () => event)), EVENTS / batch);
    await received;
    return `${before - (await sessionsOf(publisher))} of them cut, and nobody else`;
  };
}

async function prepareHistory(url: string): Promise<Act> {
  const publisher = await BareClient.join(url, serializer);
  const payload = "x".repeat(MEGABYTE);
  for (let index = 0; index < STORED_EVENTS; index++) {
    await publisher.ask([16, index + 1, { acknowledge: true }, "com.bench.history", [payload]]);
  }
  const reader = await BareClient.join(url, serializer);
  const [, , subscription] = JSON.parse(String(await reader.ask([32, 1, {}, "com.bench.history"])));
  return async () => {
    let read = 0;
    for (let request = 2, next: number | undefined, more = true; more; request++) {
      const filter = next === undefined ? {} : { from_publication: next };
      const answer = await reader.ask([48, request, {}, "wamp.subscription.get_events", [subscription], filter]);
      const [type, , , records = [], page = {}] = JSON.parse(String(answer));
      if (type !== 50) throw new Error(`get_events fails: ${String(answer).slice(0, 300)}`);
      read += records.length;
      ({ next, more = false } = page);
    }
    return `${read} events read`;
  };
}

async function withRegistrations(url: string): Promise<BareClient> {
  const callee = await BareClient.join(url, serializer);
  await registerMany(callee, 0, ENTRIES);
  return callee;
}

function cutOf(client: BareClient): Act {
  return async () => {
    client.close();
    return undefined;
  };
}

/** All connections of this process end at once. */
async function die(): Promise<undefined> {
  process.kill(process.pid, "SIGKILL");
  return undefined;
}

function manyKeys(): Record<string, number> {
  return Object.fromEntries(Array.from({ length: KEYS }, (_, index) => [`k${index}`, 0]));
}

let counted = 0; // of the calls below, which have IDs that no other call has

async function sessionsOf(client: BareClient): Promise<number> {
  const answer = await client.ask([48, 1_000_000 + counted++, {}, "wamp.session.count"]);
  return JSON.parse(String(answer))[3][0];
}
