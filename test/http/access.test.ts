/** Access to a bridge: tickets, pages of other origins, and the sessions that a login creates. */
import { beforeAll, expect, type TestContext, test } from "vitest";
import { anonymous, hashTicket, type TicketPrincipal, ticket } from "wampact/router";
import { ask, listen, post, rawSocket, startBridge } from "../support/http.js";
import { Inbox, join } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const COST = { logN: 4, r: 1, p: 1 };
let principals: Record<string, TicketPrincipal> = {};
beforeAll(async () => {
  principals = {
    ada: { role: "user", ticket: await hashTicket("lovelace", COST) },
    eve: { role: "user", ticket: await hashTicket("eve:with:colons", COST) },
  };
});

const basic = (authid: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${authid}:${secret}`).toString("base64")}`,
});
const bearer = (token: string, authid?: string) => ({
  authorization: `Bearer ${token}`,
  ...(authid && { "wamp-authid": authid }),
});

function realm() {
  return { auth: [ticket({ principals })] };
}

test("Basic and Bearer log in by ticket, as whoever has it", async (t) => {
  const { base, router } = await startBridge(t, { realm: realm() });
  const callee = await join(t, router);
  await callee.register("com.example.who", ({ caller }) => [caller?.authid, caller?.authrole], {
    discloseCaller: true,
  });
  const who = async (headers: Record<string, string>) => (await post(`${base}/call/com.example.who`, {}, headers)).body;
  expect(await who(basic("ada", "lovelace"))).toMatchObject({ args: [["ada", "user"]] });
  expect(await who(basic("eve", "eve:with:colons"))).toMatchObject({ args: [["eve", "user"]] });
  expect(await who(bearer("lovelace", "ada"))).toMatchObject({ args: [["ada", "user"]] });
});

test("a token whose owner the router finds needs no authid", async (t) => {
  const seen = new Inbox<string>();
  const check = (_realm: string, authid: string, { ticket: token }: { readonly ticket?: string }) => {
    seen.push(authid);
    return token === "a.jwt.token" ? { role: "user", authid: "grace" } : undefined;
  };
  const { base, router } = await startBridge(t, { realm: { auth: [ticket({ check })] } });
  const callee = await join(t, router);
  await callee.register("com.example.who", ({ caller }) => caller?.authid, { discloseCaller: true });
  expect(await post(`${base}/call/com.example.who`, {}, bearer("a.jwt.token"))).toMatchObject({
    body: { args: ["grace"] },
  });
  expect(await post(`${base}/call/com.example.who`, {}, bearer("another"))).toMatchObject({ status: 401 });
  const [one, other] = [await seen.next(), await seen.next()];
  expect(one).toMatch(/^bearer-[0-9a-f]{12}$/);
  expect(other).not.toBe(one); // those who guess slow down nobody else
});

const WRONG: readonly (readonly [string, Record<string, string>])[] = [
  ["none", {}],
  ["a wrong ticket", basic("ada", "wrong")],
  ["an unknown authid", basic("nobody", "lovelace")],
  ["a token without an authid", bearer("lovelace")],
  ["another scheme", { authorization: "Digest abc" }],
  ["Basic that is no Base64", { authorization: "Basic !!!" }],
  ["Basic without a colon", { authorization: `Basic ${Buffer.from("ada").toString("base64")}` }],
  ["Basic without a ticket", basic("ada", "")],
];

test.for(WRONG)("credentials that are %s are 401, with a challenge", async ([, headers], t) => {
  const { base } = await startBridge(t, {
    realm: realm(),
    router: { failedLogins: { slowAddress: false, slowAuthid: false } },
  });
  const answer = await post(`${base}/call/wamp.session.count`, {}, headers);
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  expect(JSON.stringify(answer.body)).not.toContain("lovelace");
});

test("a realm without tickets takes no credentials, and nobody becomes anonymous by a wrong ticket", async (t) => {
  const both = { auth: [anonymous(), ticket({ principals })] };
  const { base } = await startBridge(t, {
    realm: both,
    router: { failedLogins: { slowAddress: false, slowAuthid: false } },
  });
  expect(await post(`${base}/call/wamp.session.count`)).toMatchObject({ status: 200 });
  expect(await post(`${base}/call/wamp.session.count`, {}, basic("ada", "wrong"))).toMatchObject({ status: 401 });
  const open = await startBridge(t);
  expect(await post(`${open.base}/call/wamp.session.count`, {}, basic("ada", "lovelace"))).toMatchObject({
    status: 401,
    body: { error: "wamp.error.no_matching_auth_method" },
  });
});

test("requests with one ticket share a session until it has been idle, and no other has it", async (t) => {
  const { base, router } = await startBridge(t, { realm: realm(), bridge: { idleMs: 200 } });
  const callee = await join(t, router);
  await callee.register("com.example.session", ({ caller }) => caller?.session, { discloseCaller: true });
  const session = async (headers: Record<string, string>) =>
    ((await post(`${base}/call/com.example.session`, {}, headers)).body as { args: [number] }).args[0];
  const together = await Promise.all([session(basic("ada", "lovelace")), session(basic("ada", "lovelace"))]);
  expect(together[0]).toBe(together[1]);
  expect(await session(bearer("lovelace", "ada"))).toBe(together[0]);
  expect(await session(basic("eve", "eve:with:colons"))).not.toBe(together[0]);
  expect(router.sessions(REALM)).toHaveLength(4);
  await expect.poll(() => router.sessions(REALM).length).toBe(2);
  expect(await session(basic("ada", "lovelace"))).not.toBe(together[0]);
});

test("a session that was kept is replaced when it is old, and when the router has ended it", async (t) => {
  const { base, router } = await startBridge(t, { realm: realm(), bridge: { sessionMs: 1 } });
  const callee = await join(t, router);
  await callee.register("com.example.session", ({ caller }) => caller?.session, { discloseCaller: true });
  const session = async (url: string) =>
    ((await post(`${url}/call/com.example.session`, {}, basic("ada", "lovelace"))).body as { args: [number] }).args[0];
  const first = await session(base);
  await expect.poll(() => session(base)).not.toBe(first);

  const other = await startBridge(t, { realm: realm() });
  const [callee2] = [await join(t, other.router)];
  await callee2.register("com.example.session", ({ caller }) => caller?.session, { discloseCaller: true });
  const kept = await session(other.base);
  expect(await session(other.base)).toBe(kept);
  other.router.endSession(REALM, kept);
  expect(await session(other.base)).not.toBe(kept);
});

test("kept sessions are bounded: the longest unused makes room", async (t) => {
  const { base, router } = await startBridge(t, { realm: realm(), bridge: { maxSessions: 1 } });
  await post(`${base}/call/wamp.session.count`, {}, basic("ada", "lovelace"));
  await post(`${base}/call/wamp.session.count`, {}, basic("eve", "eve:with:colons"));
  await expect
    .poll(() => router.sessions(REALM).map(({ authid }) => authid))
    .toEqual(expect.not.arrayContaining(["ada"]));
});

test("a stream by ticket is a session of its own", async (t) => {
  const { base, router, peer } = await startBridge(t, { realm: realm() });
  const { events } = await listen(t, `${base}/subscribe/com.example.topic`, { headers: basic("ada", "lovelace") });
  await post(`${base}/publish/com.example.topic`, ["mine"], basic("ada", "lovelace"));
  expect(await events.next()).toMatchObject({ data: { args: ["mine"] } });
  expect(router.sessions(REALM).filter(({ id }) => id !== peer.session?.id)).toHaveLength(2);
});

const PAGE = "https://app.example";

test("pages of listed origins may ask, with their credentials, and others may not", async (t) => {
  const { base } = await startBridge(t, { listen: { origins: [PAGE] } });
  const url = `${base}/call/wamp.session.count`;
  const answer = await post(url, {}, { origin: PAGE });
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.headers.get("access-control-allow-origin")).toBe(PAGE);
  expect(answer.headers.get("vary")).toBe("Origin");
  const refused = await post(url, {}, { origin: "https://evil.example" });
  expect(refused).toMatchObject({ status: 403, body: expect.stringContaining("origins") });
  expect(refused.headers.get("access-control-allow-origin")).toBeNull();
  expect(await post(url, {}, { origin: "null" })).toMatchObject({ status: 403 });
  const failed = await post(`${base}/call/com.example.none`, {}, { origin: PAGE });
  expect(failed.headers.get("access-control-allow-origin")).toBe(PAGE); // a page may read why
});

test("a preflight says what a page may send", async (t) => {
  const { base } = await startBridge(t, { listen: { origins: [PAGE] } });
  const preflight = (origin: string) =>
    ask(`${base}/call/com.example.x`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  const { status, headers } = await preflight(PAGE);
  expect(status).toBe(204);
  expect(headers.get("access-control-allow-methods")).toBe("GET, POST, OPTIONS");
  expect(headers.get("access-control-allow-headers")).toContain("authorization");
  const asking = { origin: PAGE, "access-control-request-method": "POST", "access-control-request-headers": "x-trace" };
  const asked = await ask(`${base}/call/com.example.x`, { method: "OPTIONS", headers: asking });
  expect(asked.headers.get("access-control-allow-headers")).toBe("x-trace");
  expect((await preflight("https://evil.example")).status).toBe(403);
});

test("a form of another site cannot call, whatever it says of itself", async (t) => {
  const { base, peer } = await startBridge(t);
  let calls = 0;
  await peer.register("com.example.act", () => ++calls);
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json+x",
    "application/json; charset=utf-16",
    "application/json; charset=iso-8859-1",
    "",
  ]) {
    const init = { method: "POST", headers: { "content-type": type }, body: '{"args":[]}' };
    expect(await ask(`${base}/call/com.example.act`, init), type).toMatchObject({ status: 415 });
  }
  for (const type of [
    "application/json;charset=UTF-8",
    'application/json; charset="utf-8"',
    "APPLICATION/JSON",
    "application/json;",
  ])
    expect(
      await ask(`${base}/call/com.example.x`, { method: "POST", headers: { "content-type": type }, body: "[]" }),
      type,
    ).toMatchObject({ status: 404 });
  expect(await post(`${base}/call/com.example.act`, {}, { "sec-fetch-site": "cross-site" })).toMatchObject({
    status: 403,
  });
  expect(calls).toBe(0);
});

test("names that the listener does not have are refused", async (t) => {
  const { port } = await startBridge(t, { listen: { hosts: ["api.app.example"] } });
  const { socket, until } = await rawSocket(t, port);
  socket.write("GET /api/openapi.json HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 403 /);
});

test("the ticket of a request is shown to no observer", async (t) => {
  const seen: unknown[] = [];
  const { base } = await startBridge(t, { realm: realm(), router: { observer: (event) => void seen.push(event) } });
  await post(`${base}/call/wamp.session.count`, {}, basic("ada", "lovelace"));
  const told = JSON.stringify(seen);
  expect(told).toContain('"joined"');
  expect(told).not.toContain(basic("ada", "lovelace").authorization);
});

test("a development realm takes no client that a proxy has passed on", async (t) => {
  const { base } = await startBridge(t);
  expect(await post(`${base}/call/wamp.session.count`, {}, { "x-forwarded-for": "10.0.0.1" })).toMatchObject({
    status: 401,
    body: { error: "wamp.error.authentication_required" },
  });
});

/** The status line of a request that a browser sends for a page of the same origin, whose name points to the router. */
async function rebound(t: TestContext, port: number, how: { readonly line: string; readonly origin: boolean }) {
  const { socket, until } = await rawSocket(t, port);
  const origin = how.origin ? `Origin: http://rebound.example:${port}\r\n` : "";
  const body = "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n[]";
  socket.write(`${how.line} HTTP/1.1\r\nHost: rebound.example:${port}\r\n${origin}${body}`);
  return (await until(/\r\n\r\n/)).split("\r\n", 1)[0];
}

test.for([
  ["without hosts, a page with a name that points here only reads events", undefined, "HTTP/1.1 200 OK"],
  ["with hosts, a page with a name that points here does nothing", ["app.example"], "HTTP/1.1 403 Forbidden"],
] as const)("%s", async ([, hosts, events], t) => {
  const permissions = [{ uri: "", match: "prefix", allow: ["call", "subscribe", "publish"] }] as const;
  const { port } = await startBridge(t, {
    realm: { roles: { anonymous: { permissions } } },
    listen: { ...(hosts && { hosts }) },
  });
  const path = (act: string) => `/api/${REALM}/${act}`;
  const status = (line: string, origin: boolean) => rebound(t, port, { line, origin });
  expect(await status(`GET ${path("subscribe/com.example.news")}`, false)).toBe(events); // browsers send no Origin
  expect(await status(`GET ${path("subscribe/com.example.news")}`, true)).toBe("HTTP/1.1 403 Forbidden");
  expect(await status(`POST ${path("call/wamp.session.count")}`, true)).toBe("HTTP/1.1 403 Forbidden");
  expect(await status(`POST ${path("publish/com.example.news")}`, true)).toBe("HTTP/1.1 403 Forbidden");
});
