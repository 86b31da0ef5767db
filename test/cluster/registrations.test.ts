/** Registrations that are made at different routers. */
import { expect, test } from "vitest";
import { FULL_DETAILS } from "../support/advanced.js";
import { startCluster, type TestCluster } from "../support/cluster.js";
import { type RawClient, REALM, type Received } from "../support/raw.js";

const WORK = "com.example.work";

/** The answer to a REGISTER. */
function register(client: RawClient, procedure: string, options: object = {}): Promise<Received> {
  const request = client.next();
  client.send({ type: "REGISTER", request, options, procedure });
  return client.answer(request);
}

/** Which of the callees get so many calls of a caller, in order; each is answered. */
async function reached(
  { settle }: TestCluster,
  caller: RawClient,
  callees: readonly RawClient[],
  calls: number,
  options: object = {},
) {
  const order: number[] = [];
  for (let call = 0; call < calls; call++) {
    const request = caller.call(WORK, options);
    await settle(caller);
    for (const [at, callee] of callees.entries()) {
      await settle(callee);
      if (callee.unread().length === 0) continue;
      const invocation = await callee.receive("INVOCATION");
      callee.send({ type: "YIELD", request: invocation.request, options: {} });
      order.push(at);
    }
    await caller.answer(request);
  }
  return order;
}

test("of those that register a procedure at the same time at different routers, one gets it", async (t) => {
  const { join } = await startCluster(t, 3);
  const clients = [await join(0), await join(1), await join(2)];
  for (let round = 0; round < 20; round++) {
    const outcomes = await Promise.all(clients.map((client) => register(client, `${WORK}.n${round}`)));
    expect(outcomes.filter(({ type }) => type === "REGISTERED")).toHaveLength(1);
    for (const { type, error } of outcomes)
      if (type === "ERROR") expect(error).toBe("wamp.error.procedure_already_exists");
  }
});

test("those that register a shared procedure at the same time all get it, under one ID", async (t) => {
  const { join, routers } = await startCluster(t, 3);
  const clients = [await join(0), await join(1), await join(2), await join(0), await join(1)];
  const outcomes = await Promise.all(clients.map((client) => register(client, WORK, { invoke: "roundrobin" })));
  expect(new Set(outcomes.map(({ registration }) => registration)).size).toBe(1);
  for (const router of routers) expect(router.stats(REALM)).toMatchObject({ registrations: 1, callees: 5 });
});

test("another policy than that of the other routers' callees is refused, and so is a second single one", async (t) => {
  const { join } = await startCluster(t, 2);
  const [one, other] = [await join(0), await join(1)];
  await register(one, "com.example.single");
  await register(one, WORK, { invoke: "first" });
  for (const [procedure, invoke] of [
    ["com.example.single", "single"],
    ["com.example.single", "first"],
    [WORK, "last"],
    [WORK, "single"],
  ] as const) {
    const outcome = await register(other, procedure, { invoke });
    expect(outcome).toMatchObject({ type: "ERROR", error: "wamp.error.procedure_already_exists" });
  }
});

test("a session that registers the same twice at once has one share, or is refused where it is not shared", async (t) => {
  const { join, routers } = await startCluster(t, 2);
  const client = await join(0);
  const shared = await Promise.all([1, 2].map(() => register(client, WORK, { invoke: "random" })));
  expect(shared[0]?.registration).toBe(shared[1]?.registration);
  expect(routers[1]?.stats(REALM)).toMatchObject({ registrations: 1, callees: 1 });
  const single = await Promise.all([1, 2].map(() => register(client, "com.example.single")));
  expect(single.map(({ type }) => type)).toEqual(["REGISTERED", "ERROR"]);
});

test.each([
  ["first", [0, 0, 0, 0]],
  ["last", [2, 2, 2, 2]],
  ["roundrobin", [0, 1, 2, 0]],
] as const)("%s picks by the order in which callees have registered, at whatever router", async (invoke, expected) => {
  const finished: (() => unknown)[] = [];
  const cluster = await startCluster({ onTestFinished: (run) => void finished.push(run as () => unknown) }, 3);
  const callees = [await cluster.join(2), await cluster.join(0), await cluster.join(1)];
  for (const callee of callees) await register(callee, WORK, { invoke });
  for (const at of [0, 1, 2])
    expect(await reached(cluster, await cluster.join(at), callees, 4), `at router ${at}`).toEqual(expected);
  for (const run of finished) await run();
});

test("random reaches all, and a partition the same one from every router", async (t) => {
  const cluster = await startCluster(t, 3);
  const callees = [await cluster.join(0), await cluster.join(1), await cluster.join(2)];
  for (const callee of callees) await register(callee, WORK, { invoke: "random" });
  const counts = await reached(cluster, await cluster.join(0), callees, 40);
  expect(new Set(counts)).toEqual(new Set([0, 1, 2]));
  for (const rkey of ["a", "b", "c", "d"]) {
    const winners: number[] = [];
    for (const at of [0, 1, 2])
      winners.push(...(await reached(cluster, await cluster.join(at), callees, 1, { runmode: "partition", rkey })));
    expect(new Set(winners).size, rkey).toBe(1);
  }
});

test("the best match wins, at whatever router it was registered", async (t) => {
  const { join } = await startCluster(t, 3);
  const [exact, prefix, wildcard] = [await join(0), await join(1), await join(2)];
  await register(wildcard, "com..c", { match: "wildcard" });
  await register(prefix, "com.b", { match: "prefix" });
  await register(exact, "com.b.c");
  for (const at of [0, 1, 2]) {
    const caller = await join(at);
    for (const [procedure, callee] of [
      ["com.b.c", exact],
      ["com.b.d", prefix],
      ["com.x.c", wildcard],
    ] as const) {
      const request = caller.call(procedure);
      const invocation = await callee.receive("INVOCATION");
      callee.send({ type: "YIELD", request: invocation.request, options: {} });
      await caller.answer(request);
    }
  }
});

test("what is unregistered is free at every router when that is answered", async (t) => {
  const { join, routers } = await startCluster(t, 3);
  const [holder, next, caller] = [await join(0), await join(1), await join(2)];
  const registration = await holder.register(WORK);
  const request = holder.next();
  holder.send({ type: "UNREGISTER", request, registration });
  expect((await holder.answer(request)).type).toBe("UNREGISTERED");
  expect((await caller.answer(caller.call(WORK))).error).toBe("wamp.error.no_such_procedure");
  expect((await register(next, WORK)).type).toBe("REGISTERED");
  caller.call(WORK);
  await next.receive("INVOCATION");
  for (const router of routers) expect(router.stats(REALM)).toMatchObject({ registrations: 1, callees: 1 });
});

test("a client that has moved to another router gets its procedure there at once", async (t) => {
  const { join, hub } = await startCluster(t, 3);
  for (let round = 0; round < 10; round++) {
    const [before, after] = [await join(0), await join(1)];
    await register(before, WORK);
    hub.hold("b"); // which does not know yet that the session has left
    before.close();
    const moved = register(after, WORK);
    hub.release("b");
    expect((await moved).type).toBe("REGISTERED");
    after.close();
  }
});

test("a REGISTER waits for a router that does not answer, until that is known to be gone", async (t) => {
  const { join, hub } = await startCluster(t, 3);
  const [holder, other, waiting] = [await join(0), await join(1), await join(2)];
  await register(holder, WORK);
  hub.hold("a");
  const outcomes: string[] = [];
  const [taken, free] = [register(other, WORK), register(waiting, "com.example.free")];
  const noted = [taken, free].map((each) => each.then(({ type }) => outcomes.push(type)));
  for (const client of [other, waiting]) await client.settle();
  expect(outcomes).toEqual([]);
  await hub.crash("a");
  await Promise.all(noted);
  expect(outcomes).toEqual(["REGISTERED", "REGISTERED"]);
});

test("what the callees of a router that crashes had registered is free, and told of once", async (t) => {
  const { join, hub, routers, settle } = await startCluster(t, 3);
  const [holder, shared, watcher] = [await join(0, FULL_DETAILS), await join(1), await join(2)];
  const registration = await holder.register(WORK);
  await register(holder, "com.example.shared", { invoke: "first" });
  await register(shared, "com.example.shared", { invoke: "first" });
  await watcher.subscribe("wamp.registration.on_delete");
  await watcher.subscribe("wamp.registration.on_unregister");
  await hub.crash("a");
  await settle(shared, watcher);
  const told = watcher.unread().map(({ args }) => args);
  expect(told.filter(([, id]) => id === registration)).toHaveLength(2);
  expect(told).toHaveLength(3);
  for (const router of routers.slice(1)) expect(router.stats(REALM)).toMatchObject({ registrations: 1, callees: 1 });
  expect((await register(watcher, WORK)).type).toBe("REGISTERED");
});

test("a router that was expelled and is back has its registrations under their IDs, and is called", async (t) => {
  const { join, hub, routers, settle } = await startCluster(t, 3);
  const [holder, shared, caller] = [await join(0), await join(1), await join(2)];
  const registration = await holder.register(WORK);
  const options = { invoke: "first" };
  const common = [
    await holder.register("com.example.shared", options),
    await shared.register("com.example.shared", options),
  ];
  await hub.expel("a");
  await expect.poll(() => routers[2]?.stats(REALM)).toMatchObject({ registrations: 2, callees: 2 });
  for (const procedure of [WORK, "com.example.shared"]) {
    caller.call(procedure);
    await settle(caller);
  }
  expect((await holder.receive("INVOCATION")).registration).toBe(registration);
  expect((await shared.receive("INVOCATION")).registration).toBe(common[0]); // which is the first by now
  await settle(holder);
  expect(holder.unread()).toEqual([]);
});

test("a router that is cut off goes on with its own callees, and refuses what it cannot know", async (t) => {
  const { join, hub } = await startCluster(t, 2);
  const [own, far, caller] = [await join(0), await join(1), await join(0)];
  const options = { invoke: "first" };
  await far.register("com.example.far");
  await far.register(WORK, options);
  await own.register(WORK, options);
  const registration = await own.register("com.example.own");
  hub.isolate("a", true);
  caller.call(WORK);
  await own.receive("INVOCATION"); // though the other one is the first
  expect((await caller.answer(caller.call("com.example.far"))).error).toBe("wamp.error.unavailable");
  expect((await register(own, "com.example.new")).error).toBe("wamp.error.unavailable");
  const request = own.next();
  own.send({ type: "UNREGISTER", request, registration });
  expect((await own.answer(request)).type).toBe("UNREGISTERED"); // it is given no more calls, whoever makes them
  expect((await far.answer(far.call("com.example.own"))).error).toBe("wamp.error.no_such_procedure");

  hub.isolate("a", false);
  caller.call(WORK);
  await far.receive("INVOCATION");
  expect((await register(own, "com.example.new")).type).toBe("REGISTERED");
  await expect.poll(async () => (await register(far, "com.example.own")).type).toBe("REGISTERED");
});

test("a router that joins later knows what is registered, and is called at once", async (t) => {
  const { join, hub, routers } = await startCluster(t, 2);
  const callee = await join(0);
  await register(callee, WORK);
  const late = await hub.router("z", { realms: [{ name: REALM }] });
  t.onTestFinished(() => late.close({ drainMs: 0 }));
  expect(late.stats(REALM)).toMatchObject({ registrations: 1, callees: 1 });
  expect(routers).toHaveLength(2);
  expect(late.sessions(REALM).map(({ id }) => id)).toEqual([callee.session]);
});

test("when all have left, no router has anything of them, nor has the directory", async (t) => {
  const cluster = await startCluster(t, 3);
  const { join, routers, settle, hub } = cluster;
  const callees = [await join(0), await join(1), await join(2)];
  for (const callee of callees) await register(callee, WORK, { invoke: "roundrobin" });
  await reached(cluster, await join(0), callees, 3);
  await reached(cluster, await join(1), callees, 3);
  const last = await join(2);
  for (const callee of callees) callee.close();
  await settle(last);
  for (const router of routers) expect(router.stats(REALM)).toMatchObject({ registrations: 0, callees: 0 });
  await expect.poll(() => hub.keys.filter((key) => key.startsWith("r."))).toEqual([]);
  for (const member of hub.members.values()) {
    const link = member.linkOf(REALM);
    expect([[...(link?.calls.proxies() ?? [])], link?.directory.size]).toEqual([[], 0]);
  }
});

test.each([
  ["roundrobin", [1, 2, 1, 2]],
  ["first", [1, 1, 1, 1]],
  ["last", [2, 2, 2, 2]],
] as const)("a router that prefers its own callees picks among these by %s, and calls others where it has none", async (invoke, own) => {
  const finished: (() => unknown)[] = [];
  const test = { onTestFinished: (run: unknown) => void finished.push(run as () => unknown) };
  const cluster = await startCluster(test, 2, {}, { prefersOwn: true });
  const callees = [await cluster.join(1), await cluster.join(0), await cluster.join(0), await cluster.join(1)];
  for (const callee of callees) await register(callee, WORK, { invoke });
  const caller = await cluster.join(0);
  expect(await reached(cluster, caller, callees, 4)).toEqual(own);
  for (const callee of callees.slice(1, 3)) callee.close();
  await cluster.settle(caller);
  for (const at of await reached(cluster, caller, [callees[0] as RawClient, callees[3] as RawClient], 2))
    expect([0, 1]).toContain(at);
  for (const run of finished) await run();
});
