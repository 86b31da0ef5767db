/** Services that answer for themselves, and those who ask for them. */
import { expect, type TestContext, test } from "vitest";
import { type DiscoverOptions, error, listServices, procedure, type ServiceStats, serve, topic } from "wampact";
import type { Peer } from "wampact/peer";
import { createTestRouter } from "wampact/testing";
import * as z from "zod";
import { serveCalculator } from "../../schemas/generated/calculator.gen.js";
import { createGate, failureOf, Inbox, join } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";

const outOfStock = error("com.shop.error.out_of_stock", z.object({ left: z.int() }));
const shop = {
  order: procedure("com.shop.order", { input: z.object({ count: z.int() }), output: z.int(), errors: { outOfStock } }),
  cancel: procedure("com.shop.orders.{id}.cancel", { params: { id: z.string() } }),
  ordered: topic("com.shop.ordered", { event: z.int() }),
};
const HANDLERS: Parameters<typeof serve<typeof shop>>[2] = {
  async order({ count }, { errors }) {
    if (count > 10) throw errors.outOfStock({ left: 10 });
    return count;
  },
  cancel() {},
};

/** A router in this process, a peer that serves the shop, and one that asks. */
async function start(t: TestContext, discover: DiscoverOptions = { name: "shop", version: "1.2.3" }) {
  const { router } = startRouter(t);
  const [callee, caller] = [await join(t, router), await join(t, router)];
  const service = await serve(callee, shop, HANDLERS, { discover });
  return { router, callee, caller, service };
}

async function answer(peer: Peer, uri: string): Promise<ServiceStats> {
  return (await peer.call(uri)).args[0] as ServiceStats;
}

test("a service answers who it is, what it serves, and how its calls go", async (t) => {
  const { caller } = await start(t, { name: "shop", version: "1.2.3", instance: "one" });
  const uri = (asked: string) => `wampact.service.shop.one.${asked}`;
  expect(await answer(caller, uri("ping"))).toEqual({ name: "shop", instance: "one", version: "1.2.3" });
  const info = {
    name: "shop",
    instance: "one",
    version: "1.2.3",
    contract: expect.stringMatching(/^[0-9a-f]{16}$/),
    startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  };
  const served = [
    { name: "order", uri: "com.shop.order" },
    { name: "cancel", uri: "com.shop.orders.{id}.cancel" },
  ];
  expect(await answer(caller, uri("info"))).toEqual({ ...info, procedures: served });
  for (const count of [1, 2, 11]) await caller.call("com.shop.order", [], { count }).safe();
  await failureOf(caller.call("com.shop.order", [], { count: "many" })); // does not fit the contract
  const stats = await answer(caller, uri("stats"));
  expect(stats).toEqual({
    ...info,
    procedures: [
      { ...served[0], calls: 4, errors: 2, meanMs: expect.any(Number), p99Ms: expect.any(Number) },
      { ...served[1], calls: 0, errors: 0, meanMs: 0, p99Ms: 0 },
    ],
  });
});

test("durations are those of the handler's whole answer", async (t) => {
  const { router } = startRouter(t);
  const [callee, caller] = [await join(t, router), await join(t, router)];
  const slow = { wait: procedure("com.slow.wait", {}) };
  const [gate, started] = [createGate(), createGate()];
  const handlers = {
    wait() {
      started.open();
      return gate.promise;
    },
  };
  await serve(callee, slow, handlers, { discover: { name: "slow", version: "1", instance: "one" } });
  const call = caller.call("com.slow.wait");
  await started.promise;
  const startMs = performance.now();
  while (performance.now() - startMs < 30); // so long it takes at least
  gate.open();
  await call;
  const [{ meanMs, p99Ms, calls } = { meanMs: 0, p99Ms: 0, calls: 0 }] = (
    await answer(caller, "wampact.service.slow.one.stats")
  ).procedures;
  expect(calls).toBe(1);
  expect(meanMs).toBeGreaterThanOrEqual(30);
  expect(p99Ms).toBe(meanMs);
});

test("nothing is registered without discover, and nothing is left when the service closes", async (t) => {
  const { router } = startRouter(t);
  const [callee, caller] = [await join(t, router), await join(t, router)];
  await serve(callee, shop, HANDLERS, { pick: ["order"] });
  expect(router.stats(REALM).registrations).toBe(1);
  const service = await serve(callee, shop, HANDLERS as never, {
    pick: ["cancel"],
    discover: { name: "shop", version: "1" },
  });
  expect(router.stats(REALM).registrations).toBe(5);
  await service.close();
  expect(router.stats(REALM).registrations).toBe(1);
  expect((await listServices(caller)).services).toEqual([]);
});

test("generated functions take discover, too", async () => {
  await using router = createTestRouter();
  const [callee, caller] = [await router.connect(), await router.connect()];
  const handlers = { add2: ({ a, b }: { a: number; b: number }) => a + b };
  await serveCalculator(callee, handlers, { pick: ["add2"], discover: { name: "calculator", version: "2.0.0" } });
  const { services } = await listServices(caller);
  expect(services).toMatchObject([
    { name: "calculator", instances: [{ version: "2.0.0", procedures: [{ name: "add2" }] }], contractsDiffer: false },
  ]);
});

test("a router that refuses it is told to onError, and the contract is served all the same", async (t) => {
  const roles = {
    anonymous: {
      permissions: [{ uri: "com.", match: "prefix" as const, allow: ["call" as const, "register" as const] }],
    },
  };
  const { router } = startRouter(t, { realms: [{ name: REALM, roles }] });
  const told = new Inbox<unknown>();
  const callee = await join(t, router, { transport: router.attach({ authrole: "anonymous" }), onError: told.push });
  const caller = await join(t, router, { transport: router.attach({ authrole: "anonymous" }) });
  const service = await serve(callee, shop, HANDLERS, { discover: { name: "shop", version: "1" } });
  expect(told.values.map(String)).toEqual([
    expect.stringMatching(/^Error: the service "shop" is served without discovery: wamp\.error\.not_authorized/),
  ]);
  expect((await caller.call("com.shop.order", [], { count: 3 })).args).toEqual([3]);
  expect(router.stats(REALM).registrations).toBe(2);
  await service.close();
});

test("instances are listed by service, and whether their contracts differ is told", async (t) => {
  const { router, caller } = await start(t, { name: "shop", version: "1.0.0", instance: "b" });
  const [second, third] = [await join(t, router), await join(t, router)];
  const own = (uri: string) => ({ ping: procedure(uri, { output: z.string() }) });
  await serve(
    second,
    own("com.mail.one"),
    { ping: () => "one" },
    { discover: { name: "mail", version: "1", instance: "x" } },
  );
  const before = await listServices(caller);
  expect(before.services.map(({ name, contractsDiffer }) => [name, contractsDiffer])).toEqual([
    ["mail", false],
    ["shop", false],
  ]);
  await serve(
    third,
    own("com.mail.two"),
    { ping: () => "two" },
    { discover: { name: "mail", version: "2", instance: "a" } },
  );
  const found = await listServices(caller, { stats: true });
  expect(found).toMatchObject({ complete: true, silent: [] });
  expect(found.services.map(({ name, contractsDiffer }) => [name, contractsDiffer])).toEqual([
    ["mail", true],
    ["shop", false],
  ]);
  expect(found.services[0]?.instances.map(({ instance, version }) => [instance, version])).toEqual([
    ["a", "2"],
    ["x", "1"],
  ]);
  expect(found.services[1]?.instances[0]?.procedures[0]).toMatchObject({ name: "order", calls: 0, p99Ms: 0 });
  expect((await listServices(caller, { name: "shop" })).services).toHaveLength(1);
});

test("two instances of one contract have one hash, whatever is only documentation or order", async (t) => {
  const { router } = startRouter(t);
  const caller = await join(t, router);
  const members = {
    a: procedure("com.same.a", { input: z.object({ x: z.int(), y: z.string() }), summary: "One way to say it." }),
    b: topic("com.same.b", { event: z.int() }),
  };
  const same = {
    b: members.b,
    a: procedure("com.same.a", { input: z.object({ y: z.string(), x: z.int() }), summary: "Another." }),
  };
  const other = { ...members, b: topic("com.same.b", { event: z.string() }) };
  const hashes: (string | undefined)[] = [];
  for (const [index, contract] of [members, same, other].entries()) {
    const service = await serve(
      await join(t, router),
      contract,
      { a() {} },
      { discover: { name: `s${index}`, version: "1" } },
    );
    hashes.push((await listServices(caller)).services[0]?.instances[0]?.contract);
    await service.close();
  }
  expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
  expect(hashes[1]).toBe(hashes[0]);
  expect(hashes[2]).not.toBe(hashes[0]);
});

test("what answers like no service, not at all, or in time for nobody is listed as silent", async (t) => {
  const { router, caller } = await start(t);
  const faults: unknown[] = [];
  const liar = await join(t, router, { onError: (error) => faults.push(error) });
  await liar.register("wampact.service.liar.one.info", () => ({ name: "shop", instance: "one", version: "9" }));
  await liar.register("wampact.service.broken.one.info", () => {
    throw new TypeError("broken");
  });
  await liar.register("wampact.service.too.many.parts.info", () => 1);
  const never = createGate();
  await liar.register("wampact.service.slow.one.info", () => never.promise);
  const { services, silent, complete } = await listServices(caller, { timeoutMs: 300 });
  expect(services.map(({ name }) => name)).toEqual(["shop"]);
  expect(silent.map(({ name }) => name).sort()).toEqual(["broken", "liar", "slow"]);
  expect(complete).toBe(true);
  expect(faults).toHaveLength(1);
});

test("many registrations are looked at page by page", async (t) => {
  const { router, caller, callee } = await start(t);
  await Promise.all(Array.from({ length: 1_000 }, (_, index) => callee.register(`com.many.p${index}`, () => index)));
  const { services, complete } = await listServices(caller, { timeoutMs: 60_000 });
  expect(services).toHaveLength(1);
  expect(complete).toBe(true);
  expect(router.stats(REALM).registrations).toBe(1_005);
});

test("a list that may not be read is refused", async (t) => {
  const { router } = startRouter(t, { realms: [{ name: REALM, roles: { anonymous: {} } }] });
  const caller = await join(t, router, { transport: router.attach({ authrole: "anonymous" }) });
  expect(await failureOf(listServices(caller))).toMatchObject({ uri: "wamp.error.not_authorized" });
  const { caller: other } = await start(t);
  expect(await failureOf(listServices(other, { signal: AbortSignal.abort() }))).toMatchObject({
    uri: "wamp.error.canceled",
  });
});

test.for([
  [
    { name: "two.parts", version: "1" },
    'discover.name: expected one component of a URI, of letters, digits, "_" and "-", such as "orders", got "two.parts"',
  ],
  [{ name: "shop" }, "discover.version: expected a string, got nothing"],
  [{ name: "shop", version: 1 }, "discover.version: expected a string, got 1"],
  [{ name: "shop", version: "1", instance: "" }, "discover.instance: expected one component"],
  [{ name: "shop", version: "1", host: "x" }, "discover.host: unknown option"],
] as const)("%o is refused: %s", async ([discover, words], t) => {
  const { router } = startRouter(t);
  const callee = await join(t, router);
  expect(String(await failureOf(serve(callee, shop, HANDLERS, { discover: discover as never })))).toContain(words);
  expect(router.stats(REALM).registrations).toBe(0);
});
