/** Limits of a realm, which hold over all of its routers. */
import { expect, test } from "vitest";
import { createFakeClock } from "wampact/testing";
import { meta, startCluster } from "../support/cluster.js";
import { REALM } from "../support/raw.js";

const WORK = "com.example.work";

test("calls that were made at other routers count, those that are only relayed do not", async (t) => {
  const clock = createFakeClock();
  const realms = [{ name: REALM, limits: { realm: { maxPendingCalls: 4 } } }];
  const { join, settle } = await startCluster(t, 2, { realms, clock });
  const [callee, near, far] = [await join(0), await join(0), await join(1)];
  await callee.register(WORK);
  for (let call = 0; call < 3; call++) far.call(WORK);
  for (let call = 0; call < 3; call++) await callee.receive("INVOCATION");
  await clock.advance(1_000);
  await settle(near, far);
  near.call(WORK);
  const { request } = await callee.receive("INVOCATION");
  await clock.advance(1_000);
  await settle(near, far);
  for (const client of [near, far]) {
    const refusal = await client.answer(client.call(WORK));
    expect(refusal).toMatchObject({
      error: "wampact.error.limit_exceeded",
      kwargs: { limit: "realm.maxPendingCalls" },
    });
  }
  callee.send({ type: "YIELD", request, options: {} });
  await near.receive("RESULT");
  await clock.advance(1_000);
  await settle(near, far);
  far.call(WORK);
  await callee.receive("INVOCATION");
});

test("sessions and registrations of other routers count", async (t) => {
  const realms = [{ name: REALM, limits: { realm: { maxSessions: 2, maxRegistrations: 1 } } }];
  const { join, settle } = await startCluster(t, 2, { realms });
  const [one, two] = [await join(0), await join(1)];
  await one.register(WORK);
  await settle(one, two);
  const refusal = await two.answer(
    (() => {
      const request = two.next();
      two.send({ type: "REGISTER", request, options: {}, procedure: "com.example.other" });
      return request;
    })(),
  );
  expect(refusal).toMatchObject({ error: "wampact.error.limit_exceeded" });
  await expect(join(1)).rejects.toThrow();
});

test("testaments of other routers count, until their router is gone", async (t) => {
  const clock = createFakeClock();
  const realms = [{ name: REALM, limits: { realm: { maxTestamentBytes: 600 } } }];
  const { join, settle, hub } = await startCluster(t, 2, { realms, clock });
  const [one, two] = [await join(0), await join(1)];
  const add = (client: typeof one) =>
    client.answer(client.call("wamp.session.add_testament", {}, [WORK, ["x".repeat(400)], {}]));
  expect((await add(one)).type).toBe("RESULT");
  await clock.advance(1_000);
  await settle(one, two);
  expect(await add(two)).toMatchObject({ error: "wampact.error.limit_exceeded" });
  await hub.crash("a");
  expect((await add(two)).type).toBe("RESULT");
  expect(await meta(two, "wamp.session.count")).toBe(1);
});

test("what waits for another router counts in the memory that unsent bytes may take", async (t) => {
  const { join, hub, routers, settle } = await startCluster(t, 2);
  const [caller, callee] = [await join(0), await join(1)];
  await callee.register(WORK);
  hub.fill("b");
  caller.call(WORK);
  await callee.receive("INVOCATION");
  expect(routers[0]?.status().unsentBytes).toBeGreaterThan(1024 * 1024);
  hub.drain("b");
  await settle(caller);
  expect(routers[0]?.status().unsentBytes).toBe(0);
});

test("router.refresh has every router read its roles again", async (t) => {
  let isAllowed = true;
  const realms = [
    {
      name: REALM,
      roles: () => ({
        anonymous: {
          permissions: [
            { uri: "", match: "prefix" as const, allow: ["call", "register"] as const },
            ...(isAllowed ? [] : [{ uri: WORK, deny: ["register"] as const }]),
          ],
        },
      }),
    },
  ];
  const { join, routers } = await startCluster(t, 3, { realms });
  const [callee, caller] = [await join(2), await join(1)];
  await callee.register(WORK);
  isAllowed = false;
  await routers[0]?.refresh(REALM);
  await expect.poll(() => routers[1]?.stats(REALM).registrations).toBe(0);
  expect((await caller.answer(caller.call(WORK))).error).toBe("wamp.error.no_such_procedure");
});
