/** Lists of the meta API that do not fit one answer. */
import { expect, test } from "vitest";
import { mostIds, pageOfIds, pageOfTexts } from "../../src/router/meta/pages.js";
import { json } from "../../src/wire/serializers/json.js";
import { CLIENT_DETAILS, RawClient, REALM, startRouter, type TestRouter, UNRESTRICTED } from "../support/raw.js";

const LIMIT = 700; // bytes of a message that the reader takes: 26 IDs
const COUNT = 60;

interface Answer {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** A client that takes small messages only. */
const joinReader = (router: TestRouter) => router.join({ ...CLIENT_DETAILS, _max_message_bytes: LIMIT });

async function joinMany(router: TestRouter, count: number): Promise<RawClient[]> {
  return Promise.all(Array.from({ length: count }, () => router.join()));
}

/** Calls a meta procedure. The answer must be no larger than its receiver takes. */
async function ask(client: RawClient, procedure: string, args: readonly unknown[], kwargs = {}): Promise<Answer> {
  client.call(procedure, {}, args, kwargs);
  const { args: results, kwargs: rest } = await client.receive("RESULT");
  expect(json().encodePayload({ args: results, kwargs: rest }).bytes.length).toBeLessThan(LIMIT - 50);
  return { args: results, kwargs: rest };
}

/** Asks for page after page, and runs `between` after each. */
async function askAll(client: RawClient, procedure: string, args: readonly unknown[] = [], between = async () => {}) {
  const pages: unknown[] = [];
  for (let kwargs: Answer["kwargs"] = { more: true }; kwargs.more === true; ) {
    const from: object = kwargs.next === undefined ? {} : { from: kwargs.next };
    const answer = await ask(client, procedure, args, from);
    pages.push(answer.args[0]);
    kwargs = answer.kwargs;
    await between();
  }
  return pages;
}

const ascending = (ids: readonly number[]) => [...ids].sort((one, other) => one - other);
const sessionsOf = (clients: readonly RawClient[]) => ascending(clients.map(({ session }) => session));

test("wamp.session.list, list_callees and list_subscribers give every session once, in ascending order of IDs", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const clients = await joinMany(router, COUNT);
  const reader = await joinReader(router);
  let [registration, subscription] = [0, 0];
  for (const client of clients) {
    registration = await client.register("com.example.shared", { invoke: "random" });
    subscription = await client.subscribe("com.example.topic");
  }
  const sessions = await askAll(reader, "wamp.session.list");
  expect(sessions.length).toBe(3);
  expect(sessions.flat()).toEqual(sessionsOf([...clients, reader]));
  expect((await askAll(reader, "wamp.session.list", [["anonymous"]])).flat()).toEqual(sessions.flat());
  expect((await askAll(reader, "wamp.registration.list_callees", [registration])).flat()).toEqual(sessionsOf(clients));
  expect((await askAll(reader, "wamp.subscription.list_subscribers", [subscription])).flat()).toEqual(
    sessionsOf(clients),
  );
});

test("a list that fits one answer keeps the order in which its sessions came, and says nothing of more", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const reader = await joinReader(router);
  const clients = await joinMany(router, 20);
  const { args, kwargs } = await ask(reader, "wamp.session.list", []);
  expect(args).toEqual([[reader, ...clients].map(({ session }) => session)]);
  expect(kwargs).toEqual({});
});

test("sessions that stay are listed once while others leave and join between the pages", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const reader = await joinReader(router);
  const [stay, leave] = [await joinMany(router, COUNT), await joinMany(router, COUNT)];
  const left = new Set<number>();
  const pages = await askAll(reader, "wamp.session.list", [], async () => {
    for (const client of leave.splice(0, 12)) {
      left.add(client.session);
      router.router.endSession(REALM, client.session);
      await router.join();
    }
  });
  const listed = pages.flat() as number[];
  expect(listed).toEqual(ascending([...new Set(listed)]));
  expect(listed).toEqual(expect.arrayContaining(sessionsOf([...stay, ...leave])));
  expect(left.size).toBeGreaterThan(24);
});

test("wamp.registration.list and wamp.subscription.list give every entry once, by match policy", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const client = await router.join();
  const reader = await joinReader(router);
  const ids: Record<"registration" | "subscription", Record<string, number[]>> = {
    registration: { exact: [], prefix: [], wildcard: [] },
    subscription: { exact: [], prefix: [], wildcard: [] },
  };
  for (let n = 0; n < COUNT; n++) {
    const match = ["exact", "prefix", "wildcard"][n % 3] as string;
    ids.registration[match]?.push(await client.register(`com.example.n${n}`, { match }));
    ids.subscription[match]?.push(await client.subscribe(`com.example.n${n}`, { match }));
  }
  for (const kind of ["registration", "subscription"] as const) {
    const pages = (await askAll(reader, `wamp.${kind}.list`)) as Readonly<Record<string, readonly number[]>>[];
    expect(pages.length).toBe(3);
    for (const match of ["exact", "prefix", "wildcard"]) {
      expect(pages.flatMap((page) => page[match] ?? [])).toEqual(ids[kind][match]);
    }
  }
});

test("wamp.subscription.match gives every subscription that matches", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const client = await router.join();
  const reader = await joinReader(router);
  const topic = "n".repeat(COUNT);
  const ids: number[] = [];
  for (let length = 1; length <= COUNT; length++) {
    ids.push(await client.subscribe(topic.slice(0, length), { match: "prefix" }));
  }
  expect((await askAll(reader, "wamp.subscription.match", [topic])).flat()).toEqual(ids);
});

test("wamp.reflection.KIND.list gives every URI once, also while some are gone and others come", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const [stays, leaves] = [await router.join(), await router.join()];
  const reader = await joinReader(router);
  const uris = Array.from({ length: COUNT }, (_, n) => `com.example.procedure.number.${n}`);
  for (const uri of uris) await define(stays, uri);
  for (let n = 0; n < 5; n++) await define(leaves, `com.example.leaves.${n}`);
  for (const uri of uris.slice(0, 5)) await define(leaves, uri); // described by both
  let isFirst = true;
  const pages = await askAll(reader, "wamp.reflection.procedure.list", [], async () => {
    if (isFirst) {
      leaves.close();
      await define(stays, "com.example.comes");
    }
    isFirst = false;
  });
  expect(pages.length).toBeGreaterThan(3);
  expect(pages.flat()).toEqual([...uris, "com.example.comes"]);
  expect(await askAll(reader, "wamp.reflection.topic.list")).toEqual([[]]);
});

test("wamp.session.kill_by_authid ends all sessions, and counts them where it cannot list them", async (t) => {
  const router = startRouter(t, { realms: [UNRESTRICTED] });
  const reader = await joinReader(router);
  const victims: RawClient[] = [];
  for (let n = 0; n < COUNT; n++) {
    const victim = new RawClient(router.router.attach({ authid: "same" }));
    await victim.hello(REALM);
    victims.push(victim);
  }
  const { args, kwargs } = await ask(reader, "wamp.session.kill_by_authid", ["same"]);
  expect(args).toEqual([victims.slice(0, 26).map(({ session }) => session)]);
  expect(kwargs).toEqual({ more: true, count: COUNT });
  for (const victim of victims) await victim.receive("GOODBYE");
  expect(router.router.sessions(REALM).length).toBe(1);
});

test("`from` that is no ID is refused", async (t) => {
  const client = await startRouter(t, { realms: [UNRESTRICTED] }).join();
  client.call("wamp.session.list", {}, [], { from: "x" });
  expect(await client.receive("ERROR")).toMatchObject({
    error: "wamp.error.invalid_argument",
    args: ["from: expected the `next` of the page before, got a string"],
  });
});

test("a page of IDs is what sorting all of them would give, wherever it begins", () => {
  let seed = 1;
  const random = () => (seed = (seed * 48_271) % 0x7fffffff); // fixed, so that a failure comes again
  const all = Array.from({ length: 5_000 }, () => ({ id: random() }));
  const sorted = ascending([...all].map(({ id }) => id));
  const receiver = { maxReceiveBytes: 2_000 };
  const most = mostIds(receiver);
  for (let at = 0; at < sorted.length; at += most) {
    const { items, next } = pageOfIds(all, { from: sorted[at] as number, receiver });
    expect(items).toEqual(sorted.slice(at, at + most));
    expect(next).toBe(sorted[at + most]);
  }
});

test("a page holds one item at least, however little its receiver takes", () => {
  const request = { from: 1, receiver: { maxReceiveBytes: 10 } };
  expect(pageOfIds([{ id: 8 }, { id: 7 }], request)).toEqual({ items: [7], next: 8 });
  const texts = [
    ["long", 1],
    ["longer", 2],
  ] as const;
  expect(pageOfTexts(texts, request)).toEqual({ items: ["long"], next: 2 });
});

async function define(client: RawClient, uri: string): Promise<void> {
  client.call("wamp.reflect.define", {}, ["procedure", uri, {}]);
  await client.receive("RESULT");
}
