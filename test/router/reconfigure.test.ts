/** `router.reconfigure` and `listening.replaceTls`: what changes while sessions stand. */
import { connect as connectTls, type TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { connect } from "wampact/peer";
import {
  anonymous,
  createRouter,
  type PermissionRule,
  type RealmChanges,
  rawSocket,
  universal,
  websocket,
} from "wampact/router";
import { failureOf } from "../support/peers.js";
import { type RawClient, REALM, startRouter } from "../support/raw.js";
import { cert, key, otherCert, otherKey } from "../support/tls.js";

const rules = (...permissions: readonly PermissionRule[]) => ({ permissions });
const ALL: PermissionRule = { uri: "com.", match: "prefix", allow: ["call", "register", "publish", "subscribe"] };

async function isDenied(client: RawClient, procedure: string): Promise<boolean> {
  client.call(procedure);
  return (await client.receive("ERROR")).error === "wamp.error.not_authorized";
}

test("permissions that are replaced hold for sessions that stand, which lose what they may not hold", async (t) => {
  const { router, join } = startRouter(t, { realms: [{ name: REALM, roles: { anonymous: rules(ALL) } }] });
  const client = await join();
  client.send({ type: "SUBSCRIBE", request: client.next(), options: {}, topic: "com.news" });
  await client.receive("SUBSCRIBED");
  await router.reconfigure(REALM, { roles: { anonymous: rules({ uri: "com.work", allow: ["call"] }) } });
  expect(router.stats(REALM).subscriptions).toBe(0);
  expect(await isDenied(client, "com.other")).toBe(true);
  expect(await isDenied(client, "com.work")).toBe(false);
});

test("ways to join that are replaced hold for those who join later; who has joined stays", async (t) => {
  const roles = { anonymous: rules(ALL), guest: rules() };
  const { router, join } = startRouter(t, { realms: [{ name: REALM, roles, auth: [anonymous()] }] });
  const before = await join();
  await router.reconfigure(REALM, { auth: [anonymous({ authrole: "guest" })] });
  const after = await join();
  expect(await isDenied(before, "com.work")).toBe(false);
  expect(await isDenied(after, "com.work")).toBe(true);
  expect(router.sessions(REALM).map(({ authrole }) => authrole)).toEqual(["anonymous", "guest"]);
});

test("limits that are replaced hold at once, and what is held beyond them stays", async (t) => {
  const { router, join, open } = startRouter(t);
  const client = await join();
  const subscribe = (topic: string) => client.send({ type: "SUBSCRIBE", request: client.next(), options: {}, topic });
  subscribe("com.one");
  subscribe("com.two");
  await client.receive("SUBSCRIBED");
  await client.receive("SUBSCRIBED");
  await router.reconfigure(REALM, { limits: { session: { maxSubscriptions: 1 }, realm: { maxSessions: 1 } } });
  subscribe("com.three");
  expect((await client.receive("ERROR")).kwargs).toEqual({ limit: "session.maxSubscriptions" });
  expect(router.stats(REALM).subscriptions).toBe(2);
  const late = open();
  late.send({ type: "HELLO", realm: REALM, details: { roles: { caller: {} } } });
  expect((await late.receive("ABORT")).reason).toBe("wampact.error.limit_exceeded");
  await router.reconfigure(REALM, { limits: undefined });
  subscribe("com.three");
  await client.receive("SUBSCRIBED");
});

test("an authorizing procedure takes the place of roles, and they its own", async (t) => {
  const { router, join } = startRouter(t, { realms: [{ name: REALM, roles: { anonymous: rules(ALL) } }] });
  const client = await join();
  const denied = (session: unknown, uri: string) => typeof session === "object" && uri === "com.denied";
  await router.reconfigure(REALM, { authorize: (who, _action, uri) => !denied(who, uri) });
  expect(await isDenied(client, "com.denied")).toBe(true);
  expect(await isDenied(client, "com.work")).toBe(false);
  await router.reconfigure(REALM, { authorize: undefined });
  expect(await isDenied(client, "com.denied")).toBe(false);
});

test("a realm for development is closed to others and opened again by reconfigure", async (t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  await expect(router.listen({ host: "0.0.0.0" })).rejects.toThrow("all realms of this router are for development");
  await router.reconfigure(REALM, { roles: { backend: {} } });
  await expect(router.listen()).rejects.toThrow(`nobody can log in to the realm "${REALM}"`);
  await router.reconfigure(REALM, { roles: undefined, open: true });
  await (await router.listen({ host: "0.0.0.0" })).close();
});

test.for<readonly [RealmChanges, string]>([
  [{ roles: { anonymous: { permissions: [{ uri: "com.*", allow: ["call"] }] } } }, `realm "${REALM}".roles.anonymous`],
  [{ auth: [anonymous({ authrole: "guest" })] }, 'this realm does not define the role "guest"'],
  [{ open: true }, "open: a realm with roles is not for development"],
  [
    { limits: { session: { maxSubscriptions: -1 } } },
    "limits.session.maxSubscriptions: expected a non-negative integer",
  ],
  [{ name: "com.other" } as RealmChanges, `realm "${REALM}".name: unknown option`],
  [
    {
      roles: () => {
        throw new TypeError("the database is gone");
      },
    },
    "the database is gone",
  ],
])("a change that cannot be, %o, is refused and changes nothing", async ([changes, words], t) => {
  const { router, join } = startRouter(t, { realms: [{ name: REALM, roles: { anonymous: rules(ALL) } }] });
  const client = await join();
  expect(String(await failureOf(router.reconfigure(REALM, changes)))).toContain(words);
  expect(await isDenied(client, "com.work")).toBe(false);
  await join(); // anonymous still
  await router.refresh(REALM);
  expect(await isDenied(client, "com.work")).toBe(false);
});

function subjectOf(url: string): Promise<string> {
  const socket: TLSSocket = connectTls({ port: Number(new URL(url).port), rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
  });
}

test.for([
  ["WebSocket", websocket],
  ["RawSocket", rawSocket],
  ["universal", universal],
] as const)("a certificate of a %s listener that is replaced is shown to new connections; sessions that stand go on", async ([
  ,
  listener,
], t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const listening = await router.listen(listener({ tls: { cert, key } }));
  const peer = await connect({ url: listening.url, realm: REALM, tls: { ca: cert } });
  t.onTestFinished(() => peer.close({ drainMs: 0 }));
  await peer.register("com.echo", ({ args }) => args[0]);
  expect(await subjectOf(listening.url)).toBe("localhost");
  expect(() => listening.replaceTls?.({ cert: otherCert, key })).toThrow("tls.key: does not match tls.cert");
  expect(await subjectOf(listening.url)).toBe("localhost");
  listening.replaceTls?.({ cert: otherCert, key: otherKey });
  expect(await subjectOf(listening.url)).toBe("another");
  expect((await peer.call("com.echo", [1])).args).toEqual([1]);
  const plain = await router.listen(listener());
  expect(() => plain.replaceTls?.({ cert, key })).toThrow("this listener was started without TLS");
});
