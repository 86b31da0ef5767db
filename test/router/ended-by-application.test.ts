/** Code of the application that runs in the midst of a request may end a session: nothing of it stays, and nobody is answered twice. */
import { expect, type TestContext, test } from "vitest";
import type { RealmConfig, Router, RouterObserver } from "wampact/router";
import { type RawClient, REALM, startRouter, type TestRouter } from "../support/raw.js";

const URI = "com.example.work";
const EMPTY = {
  subscriptions: 0,
  subscribers: 0,
  registrations: 0,
  callees: 0,
  pendingCalls: 0,
  callParties: 0,
  testators: 0,
};

/** A router whose application ends sessions from within what `makeRealm` returns. */
function start(t: TestContext, makeRealm: (end: (session: number) => void) => Partial<RealmConfig>): TestRouter {
  let router: Router | undefined;
  const started = startRouter(t, {
    realms: [{ name: REALM, ...makeRealm((session) => void router?.endSession(REALM, session)) }],
  });
  router = started.router;
  return started;
}

type Asking = (client: RawClient) => void;
const register: Asking = (client) =>
  client.send({ type: "REGISTER", request: client.next(), options: {}, procedure: URI });
const subscribe: Asking = (client) =>
  client.send({ type: "SUBSCRIBE", request: client.next(), options: {}, topic: URI });
const addTestament: Asking = (client) => void client.call("wamp.session.add_testament", {}, [URI, [], {}]);

const ENDERS: readonly (readonly [string, (end: (session: number) => void) => Partial<RealmConfig>, Asking])[] = [
  ["a policy for REGISTER", (end) => ({ policies: [{ register: ({ who }) => end(who.session) }] }), register],
  ["a policy for SUBSCRIBE", (end) => ({ policies: [{ subscribe: ({ who }) => end(who.session) }] }), subscribe],
  ["a policy for a testament", (end) => ({ policies: [{ publish: ({ who }) => end(who.session) }] }), addTestament],
  [
    "a disclosure function",
    (end) => ({
      disclosure({ session }) {
        end(session);
        return "requested";
      },
    }),
    register,
  ],
];

test.for(ENDERS)("a session that %s ends holds nothing afterwards", async ([, makeRealm, ask], t) => {
  const { router, join } = start(t, makeRealm);
  const client = await join();
  ask(client);
  await client.receive("GOODBYE");
  expect(router.stats(REALM)).toMatchObject({ ...EMPTY, sessions: 0 });
});

test.for<readonly [string, (end: (session: number) => void) => Partial<RealmConfig>]>([
  ["a policy", (end) => ({ policies: [{ call: ({ who }) => end(who.session) }] })],
  [
    "a trust level function",
    (end) => ({
      trustLevel({ session }) {
        end(session);
        return 1;
      },
    }),
  ],
])("a call of a session that %s ends reaches nobody", async ([, makeRealm], t) => {
  const { router, join } = start(t, makeRealm);
  const [caller, callee] = [await join(), await join()];
  await callee.register(URI);
  caller.call(URI);
  await caller.receive("GOODBYE");
  await callee.settle();
  expect(callee.unread()).toEqual([]);
  expect(router.stats(REALM)).toMatchObject({ sessions: 1, pendingCalls: 0, callParties: 0 });
});

test("a call whose only callee a trust level function ends has no callee", async (t) => {
  let callee: RawClient | undefined;
  const { join } = start(t, (end) => ({
    trustLevel() {
      end(callee?.session ?? 0);
      return 1;
    },
  }));
  const caller = await join();
  callee = await join();
  await callee.register(URI);
  caller.call(URI);
  expect((await caller.receive("ERROR")).error).toBe("wamp.error.no_such_procedure");
});

test.for([
  true,
  false,
])("a call whose callee a policy for its result ends is answered once (progress: %s)", async (progress, t) => {
  const { router, join } = start(t, (end) => ({ policies: [{ result: ({ callee }) => end(callee.session) }] }));
  const [caller, callee] = [await join(), await join()];
  await callee.register(URI);
  caller.call(URI, { receive_progress: true });
  const { request } = await callee.receive("INVOCATION");
  callee.send({ type: "YIELD", request, options: { progress }, args: [1] });
  await callee.receive("GOODBYE");
  await caller.settle();
  expect(caller.unread().map(({ type, error }) => [type, error])).toEqual([["ERROR", "wamp.error.canceled"]]);
  expect(router.stats(REALM)).toMatchObject({ sessions: 1, pendingCalls: 0 });
});

test("a session that an observer ends as it joins is announced before it is gone", async (t) => {
  let endsAll = false;
  const observer: RouterObserver = (event) => {
    if (endsAll && event.type === "joined") router.endSession(REALM, event.session);
  };
  const { router, join } = startRouter(t, { observer });
  const watcher = await join();
  const [joins, leaves] = [
    await watcher.subscribe("wamp.session.on_join"),
    await watcher.subscribe("wamp.session.on_leave"),
  ];
  endsAll = true;
  await (await join()).receive("GOODBYE");
  await watcher.settle();
  expect(watcher.unread().map(({ subscription }) => subscription)).toEqual([joins, leaves]);
});
