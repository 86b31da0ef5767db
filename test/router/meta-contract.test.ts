import { expect, test } from "vitest";
import type { Peer } from "wampact";
import { createWampMetaClient, type WampMetaClient } from "../../schemas/generated/wamp-meta.gen.js";
import * as contract from "../../schemas/wamp-meta.js";
import { type Finish, Inbox, join } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";

const TOPIC = "com.example.news";
const PROCEDURE = "com.example.work";

interface Setup {
  readonly meta: WampMetaClient;
  readonly peer: Peer;
  /** Another peer, whose doings are asked about. */
  readonly other: Peer;
  readonly others: () => Promise<Peer>;
}

async function start(t: Finish, onError?: (error: unknown) => void): Promise<Setup> {
  const { router } = startRouter(t, { realms: [{ name: REALM, history: [{ topic: TOPIC }] }] });
  const others = () => join(t, router, { ...(onError && { onError }) });
  const [peer, other] = [await others(), await others()];
  return { meta: createWampMetaClient(peer), peer, other, others };
}

const idOf = (peer: Peer): number => peer.session?.id ?? expect.unreachable("no session is established");

test("sessions are counted, listed and described through the contract", async (t) => {
  const { meta, peer, other } = await start(t);
  expect(await meta.sessionCount({})).toBe(2);
  expect(await meta.sessionCount({ authroles: ["nobody"] })).toBe(0);
  expect(await meta.sessionList({ authroles: ["trusted"] })).toEqual({ sessions: [idOf(peer), idOf(other)] });
  expect(await meta.sessionGet({ session: idOf(other) })).toEqual({
    session: idOf(other),
    authid: other.session?.authid,
    authrole: "trusted",
    authmethod: "local",
    authprovider: "local",
    transport: { type: "memory" },
  });
  expect(await meta.sessionGet({ session: 1 }).safe()).toMatchObject({ error: { code: "noSuchSession" } });
});

test("sessions are ended through the contract, each way telling what it ended", async (t) => {
  const lost: string[] = [];
  const { meta, peer, other, others } = await start(t);
  const victims = [other, await others(), await others(), await others()];
  for (const victim of victims) victim.on("state", (state, reason) => lost.push(`${state} ${reason}`));
  const [first, second, third, fourth] = victims.map(idOf);
  const { authid = "" } = victims[1]?.session ?? {};
  expect(await meta.sessionKill({ session: idOf(peer) }).safe()).toMatchObject({ error: { code: "noSuchSession" } });
  expect(await meta.sessionKill({ session: first ?? 0, reason: "no uri" }).safe()).toMatchObject({
    error: { code: "invalidUri" },
  });
  await meta.sessionKill({ session: first ?? 0, reason: "com.example.close", message: "enough" });
  expect(await meta.sessionKillByAuthid({ authid })).toEqual({ sessions: [second] });
  expect(await meta.sessionList({})).toEqual({ sessions: [idOf(peer), third, fourth] });
  expect(await meta.sessionKillByAuthrole({ authrole: "trusted" })).toBe(2);
  const last = await others();
  last.on("state", (state, reason) => lost.push(`${state} ${reason}`));
  expect(await meta.sessionKillAll({ message: "closing time" })).toBe(1);
  await expect
    .poll(() => lost)
    .toEqual([
      "closed com.example.close: enough",
      "closed wamp.close.killed",
      "closed wamp.close.killed",
      "closed wamp.close.killed",
      "closed wamp.close.killed: closing time",
    ]);
});

test("what sessions do is heard through the contract's topics, in order and typed", async (t) => {
  const { meta, others } = await start(t);
  const heard = new Inbox<unknown>();
  const push = (name: string) => (event: { data: unknown }) => heard.push([name, event.data]);
  await meta.sessionOnJoin.subscribe(push("join"));
  await meta.sessionOnLeave.subscribe(push("leave"));
  await meta.subscriptionOnCreate.subscribe(push("create"));
  await meta.subscriptionOnSubscribe.subscribe(push("subscribe"));
  await meta.subscriptionOnUnsubscribe.subscribe(push("unsubscribe"));
  await meta.subscriptionOnDelete.subscribe(push("delete"));
  await meta.registrationOnCreate.subscribe(push("registration create"));
  await meta.registrationOnRegister.subscribe(push("register"));
  await meta.registrationOnUnregister.subscribe(push("unregister"));
  await meta.registrationOnDelete.subscribe(push("registration delete"));
  await meta.reflectOnDefine.subscribe(push("define"));
  await meta.reflectOnUndefine.subscribe(push("undefine"));
  heard.values.length = 0; // what its own subscriptions told

  const other = await others();
  const session = idOf(other);
  const { authid, authrole } = other.session ?? {};
  const subscription = (await other.subscribe("com.example.", () => {}, { match: "prefix" })).id;
  const registration = (await other.register(PROCEDURE, () => {}, { invoke: "last" })).id;
  await other.call("wamp.reflect.define", ["procedure", PROCEDURE, {}]);
  await other.close({ drainMs: 0 }); // else it unregisters first

  const created = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
  const expected = [
    ["join", expect.objectContaining({ session, authid, authrole })],
    ["create", { session, subscription: { id: subscription, created, uri: "com.example.", match: "prefix" } }],
    ["subscribe", { session, subscription }],
    [
      "registration create",
      { session, registration: { id: registration, created, uri: PROCEDURE, match: "exact", invoke: "last" } },
    ],
    ["register", { session, registration }],
    ["define", { kind: "procedure", uri: PROCEDURE }],
    ["unsubscribe", { session, subscription }],
    ["delete", { session, subscription }],
    ["unregister", { session, registration }],
    ["registration delete", { session, registration }],
    ["undefine", { kind: "procedure", uri: PROCEDURE }],
    ["leave", { session, authid, authrole }],
  ];
  for (const event of expected) expect(await heard.next()).toEqual(event);
});

test("registrations are looked up, described and revoked through the contract", async (t) => {
  const told: string[] = [];
  const { meta, other } = await start(t, (error) => told.push(String(error)));
  const { id: registration } = await other.register(PROCEDURE, () => {}, { match: "prefix", invoke: "roundrobin" });
  expect(await meta.registrationList({})).toEqual({
    registrations: { exact: [], prefix: [registration], wildcard: [] },
  });
  expect(await meta.registrationLookup({ procedure: PROCEDURE })).toBeNull();
  expect(await meta.registrationLookup({ procedure: PROCEDURE, options: { match: "prefix" } })).toBe(registration);
  expect(await meta.registrationMatch({ procedure: `${PROCEDURE}.more` })).toBe(registration);
  expect(await meta.registrationMatch({ procedure: "com.example.other" })).toBeNull();
  expect(await meta.registrationGet({ registration })).toMatchObject({ uri: PROCEDURE, match: "prefix" });
  expect(await meta.registrationListCallees({ registration })).toEqual({ sessions: [idOf(other)] });
  expect(await meta.registrationCountCallees({ registration })).toBe(1);
  await meta.registrationRemoveCallee({ registration, session: idOf(other), reason: "com.example.moved" });
  expect(await meta.registrationGet({ registration }).safe()).toMatchObject({ error: { code: "noSuchRegistration" } });
  expect(told).toEqual([`Error: the router has revoked the registration of ${PROCEDURE}: com.example.moved`]);
});

test("subscriptions are looked up, described and revoked through the contract, and their history is read", async (t) => {
  const told: string[] = [];
  const { meta, peer, other } = await start(t, (error) => told.push(String(error)));
  const { id: subscription } = await other.subscribe(TOPIC, () => {});
  const { id: pattern } = await other.subscribe("com..news", () => {}, { match: "wildcard" });
  expect(await meta.subscriptionList({})).toEqual({
    subscriptions: { exact: [subscription], prefix: [], wildcard: [pattern] },
  });
  expect(await meta.subscriptionLookup({ topic: TOPIC })).toBe(subscription);
  expect(await meta.subscriptionMatch({ topic: TOPIC })).toEqual({ subscriptions: [subscription, pattern] });
  expect(await meta.subscriptionMatch({ topic: "com" })).toEqual({ subscriptions: null });
  expect(await meta.subscriptionGet({ subscription })).toMatchObject({ uri: TOPIC, match: "exact" });
  expect(await meta.subscriptionListSubscribers({ subscription })).toEqual({ sessions: [idOf(other)] });
  expect(await meta.subscriptionCountSubscribers({ subscription })).toBe(1);

  for (const n of [1, 2, 3]) await peer.publish(TOPIC, [n], { n }, { acknowledge: true });
  const all = await meta.subscriptionGetEvents({ subscription });
  expect(all.map(({ args, kwargs }) => [args, kwargs])).toEqual([1, 2, 3].map((n) => [[n], { n }]));
  const [, second] = all;
  expect(
    await meta.subscriptionGetEvents({ subscription, reverse: true, before_publication: second?.publication ?? 0 }),
  ).toEqual([all[0]]);

  await meta.subscriptionRemoveSubscriber({ subscription: pattern, session: idOf(other) });
  expect(await meta.subscriptionGet({ subscription: pattern }).safe()).toMatchObject({
    error: { code: "noSuchSubscription" },
  });
  expect(told).toEqual(["Error: the router has revoked the subscription of com..news: no reason given"]);
});

test("testaments are left and taken back through the contract", async (t) => {
  const { meta, other, others } = await start(t);
  const testator = await others();
  const theirs = createWampMetaClient(testator);
  const heard = new Inbox<unknown>();
  await other.subscribe(TOPIC, ({ args, kwargs }) => heard.push([args, kwargs]));
  await createWampMetaClient(other).sessionOnLeave.subscribe(() => heard.push("left"));
  await theirs.sessionAddTestament({ topic: TOPIC, args: ["taken back"], scope: "detached" });
  await theirs.sessionAddTestament({ topic: TOPIC, args: ["kept"], kwargs: { by: "me" } });
  await theirs.sessionFlushTestaments({ scope: "detached" });
  expect(await theirs.sessionAddTestament({ topic: "no uri" }).safe()).toMatchObject({ error: { code: "invalidUri" } });
  await meta.sessionKill({ session: idOf(testator) });
  expect(await heard.next()).toEqual([["kept"], { by: "me" }]);
  expect(await heard.next()).toBe("left");
});

test("what a realm offers is described, listed and read through the contract", async (t) => {
  const { meta } = await start(t);
  await meta.reflectDefine({ kind: "procedure", uri: PROCEDURE, definition: { summary: "Works." } });
  await meta.reflectDefine({ kind: "topic", uri: TOPIC, definition: {} });
  await meta.reflectDefine({ kind: "error", uri: "com.example.error.full", definition: {} });
  expect(await meta.reflectionProcedureList({})).toEqual({ uris: [PROCEDURE] });
  expect(await meta.reflectionTopicList({})).toEqual({ uris: [TOPIC] });
  expect(await meta.reflectionErrorList({})).toEqual({ uris: ["com.example.error.full"] });
  const described = { kind: "procedure", uri: PROCEDURE, summary: "Works." };
  expect(await meta.reflectionProcedureDescribe({ uri: PROCEDURE })).toEqual(described);
  expect(await meta.reflectDescribe({ uri: PROCEDURE })).toEqual(described);
  expect(await meta.reflectionTopicDescribe({ uri: TOPIC })).toEqual({ kind: "topic", uri: TOPIC });
  expect(await meta.reflectionErrorDescribe({ uri: TOPIC })).toBeNull();
});

test("a list that takes several answers is read page by page through the contract", async (t) => {
  const { router } = startRouter(t);
  const transport = Object.assign(router.attach(), { maxMessageBytes: 2_000 });
  const meta = createWampMetaClient(await join(t, router, { transport }));
  const provider = await join(t, router);
  const uris = Array.from({ length: 50 }, (_, n) => `com.example.procedures.of.the.provider.n${n}`);
  await Promise.all(uris.map((uri) => provider.call("wamp.reflect.define", ["procedure", uri, {}])));
  const pages: (readonly string[])[] = [];
  let from: number | undefined;
  do {
    const page = await meta.reflectionProcedureList({ ...(from !== undefined && { from }) });
    pages.push(page.uris);
    from = page.next;
    expect(page.more).toBe(from === undefined ? undefined : true);
  } while (from !== undefined);
  expect(pages.length).toBe(2);
  expect(pages.flat()).toEqual(uris);
});

test("the contract names every procedure and event of the meta API, and the router answers each", async (t) => {
  const { peer } = await start(t);
  const members = Object.values(contract);
  const uris = (kind: string) => members.filter((each) => each.kind === kind).map(({ uri }) => uri);
  expect(uris("procedure").filter((uri) => !uri.startsWith("wamp.refl"))).toEqual([
    ...["count", "list", "get", "kill", "kill_by_authid", "kill_by_authrole", "kill_all"].map(
      (n) => `wamp.session.${n}`,
    ),
    ...["add_testament", "flush_testaments"].map((n) => `wamp.session.${n}`),
    ...["list", "lookup", "match", "get", "list_callees", "count_callees", "remove_callee"].map(
      (n) => `wamp.registration.${n}`,
    ),
    ...[
      "list",
      "lookup",
      "match",
      "get",
      "list_subscribers",
      "count_subscribers",
      "remove_subscriber",
      "get_events",
    ].map((n) => `wamp.subscription.${n}`),
  ]);
  for (const uri of uris("procedure")) {
    const outcome = await peer.call(uri, [null]).safe(); // a wrong argument is enough to see that somebody is there
    expect(outcome.ok ? "ok" : outcome.error.uri, uri).not.toBe("wamp.error.no_such_procedure");
  }
});
