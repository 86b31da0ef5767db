/** `GET /subscribe`: streams of events, and what becomes of clients that do not read. */
import { expect, test } from "vitest";
import { createMetrics } from "wampact/operations";
import type { RouterEvent } from "wampact/router";
import { ask, listen, rawSocket, startBridge } from "../support/http.js";
import { Inbox } from "../support/peers.js";
import { REALM } from "../support/raw.js";

test("events come with their publication as ID, and JSON as data", async (t) => {
  const { base, peer } = await startBridge(t);
  const { response, events } = await listen(t, `${base}/subscribe/com.example.topic`);
  expect(response.statusCode).toBe(200);
  expect(response.headers).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
  });
  const { publication } = await peer.publish("com.example.topic", [1, "a\nb"], { k: 1 }, { acknowledge: true });
  expect(await events.next()).toEqual({
    event: "message",
    id: String(publication),
    data: { topic: "com.example.topic", publication, args: [1, "a\nb"], kwargs: { k: 1 } },
  });
  const disclosed = peer.session?.id;
  await peer.publish("com.example.topic", [], {}, { disclose: true });
  expect(await events.next()).toMatchObject({ data: { publisher: { session: disclosed } } });
});

test("an event that JSON has nothing for is dropped and told, and the stream goes on", async (t) => {
  const dropped = new Inbox<RouterEvent>();
  const observer = (event: RouterEvent) => event.type === "dropped" && dropped.push(event);
  const { base, peer } = await startBridge(t, { router: { observer } });
  const { events } = await listen(t, `${base}/subscribe/com.example.topic`);
  await peer.publish("com.example.topic", [Number.POSITIVE_INFINITY]);
  await peer.publish("com.example.topic", [1]);
  expect(await events.next()).toMatchObject({ data: { args: [1] } });
  expect(await dropped.next()).toMatchObject({ topic: "com.example.topic" });
});

test("a query says how topics match, and asks for retained events", async (t) => {
  const { base, peer } = await startBridge(t);
  await peer.publish("com.example.kept", ["old"], {}, { retain: true, acknowledge: true });
  const { events } = await listen(t, `${base}/subscribe/com.example?match=prefix&get_retained=true`);
  expect(await events.next()).toMatchObject({ data: { topic: "com.example.kept", args: ["old"], retained: true } });
  await peer.publish("com.example.other", ["new"]);
  expect(await events.next()).toMatchObject({ data: { topic: "com.example.other", args: ["new"] } });
  expect(await ask(`${base}/subscribe/com.example?match=none`)).toMatchObject({ status: 400 });
  expect(await ask(`${base}/subscribe/com.example?limit=1`)).toMatchObject({ status: 400 });
});

test("a subscription that is refused is an answer with a status, and no stream", async (t) => {
  const permissions = [{ uri: "com.example.open", allow: ["subscribe" as const] }];
  const { base } = await startBridge(t, { realm: { roles: { anonymous: { permissions } } } });
  expect(await ask(`${base}/subscribe/com.example.secret`)).toMatchObject({
    status: 403,
    body: { error: "wamp.error.not_authorized" },
  });
  const open = await startBridge(t);
  expect(await ask(`${open.base}/subscribe/com..x`)).toMatchObject({
    status: 400,
    body: { error: "wamp.error.invalid_uri" },
  });
});

test("a quiet stream has signs of life", async (t) => {
  const { base } = await startBridge(t, { bridge: { heartbeatMs: 10 } });
  const { events } = await listen(t, `${base}/subscribe/com.example.topic`);
  for (let at = 0; at < 3; at++) expect(await events.next()).toMatchObject({ event: "comment" });
});

test("a stream that its client leaves ends its session", async (t) => {
  const { base, router } = await startBridge(t);
  const stream = await listen(t, `${base}/subscribe/com.example.topic`);
  expect(router.sessions(REALM)).toHaveLength(2);
  expect(router.sessions(REALM).map(({ details }) => details)).toContainEqual(
    expect.objectContaining({ transport: "http" }),
  );
  stream.destroy();
  await expect.poll(() => router.sessions(REALM).length).toBe(1);
});

test("a session that the router ends ends its stream, with the reason", async (t) => {
  const { base, router, peer } = await startBridge(t);
  const { events, ended } = await listen(t, `${base}/subscribe/com.example.topic`);
  const session = router.sessions(REALM).find(({ id }) => id !== peer.session?.id);
  router.endSession(REALM, session?.id as number);
  expect(await events.next()).toMatchObject({
    event: "end",
    data: { reason: expect.stringContaining("wamp.close.killed") },
  });
  await ended;
});

test("a router that closes ends its streams, and all else within a moment", async (t) => {
  const { base, router } = await startBridge(t);
  const { events, ended } = await listen(t, `${base}/subscribe/com.example.topic`);
  const closed = router.close();
  expect(await events.next()).toMatchObject({ event: "end" });
  await Promise.all([ended, closed]);
});

test("a client that does not read is cut, its session with it, and counted", async (t) => {
  const metrics = createMetrics({ process: false });
  const told = new Inbox<RouterEvent>();
  const observer = (event: RouterEvent) => event.type === "left" && told.push(event);
  const { base, port, router, peer } = await startBridge(t, {
    bridge: { maxStreamBytes: 100_000 },
    router: { observer, meter: metrics },
  });
  const { socket, until } = await rawSocket(t, port);
  socket.write(`GET ${new URL(base).pathname}/subscribe/com.example.topic HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await until(/text\/event-stream/);
  socket.pause();
  const isThere = () => router.sessions(REALM).length > 1;
  for (let at = 0; at < 10_000 && isThere(); at++)
    await peer.publish("com.example.topic", ["x".repeat(50_000)], {}, { acknowledge: true });
  expect(await told.next()).toMatchObject({ endedBy: "cut", cut: "slow", reason: expect.stringContaining("too slow") });
  expect(metrics.text(router)).toMatch(/wampact_sessions_ended_total\{[^}]*cut[^}]*\} 1/);
  expect(router.status().unsentBytes).toBe(0);
});

test("a client that reads gets events of any size, and many at once", async (t) => {
  const { base, peer } = await startBridge(t, { bridge: { maxStreamBytes: 1_000_000 } });
  const { events } = await listen(t, `${base}/subscribe/com.example.topic`);
  await peer.publish("com.example.topic", ["x".repeat(3_000_000)]);
  expect(await events.next()).toMatchObject({ data: { args: [expect.any(String)] } });
  const many = await startBridge(t);
  for (let at = 0; at < 30; at++)
    await many.peer.publish(`com.example.kept.${at}`, ["x".repeat(50_000)], {}, { retain: true, acknowledge: true });
  const kept = await listen(t, `${many.base}/subscribe/com.example?match=prefix&get_retained=true`);
  for (let at = 0; at < 30; at++) expect(await kept.events.next()).toMatchObject({ data: { retained: true } });
});

test("streams take no places of requests", async (t) => {
  const { base } = await startBridge(t, { bridge: { maxRequests: 1 } });
  await listen(t, `${base}/subscribe/com.example.topic`);
  const other = await listen(t, `${base}/subscribe/com.example.topic`);
  expect(other.response.statusCode).toBe(200);
  expect(await ask(`${base}/call/wamp.session.count`, { method: "POST", ...JSON_BODY })).toMatchObject({ status: 200 });
});

const JSON_BODY = { headers: { "content-type": "application/json" }, body: "{}" };

test("streams are bounded", async (t) => {
  const refusals = new Inbox<RouterEvent>();
  const observer = (event: RouterEvent) => event.type === "refused" && refusals.push(event);
  const { base } = await startBridge(t, { bridge: { maxStreams: 1 }, router: { observer } });
  const first = await listen(t, `${base}/subscribe/com.example.topic`);
  expect(await ask(`${base}/subscribe/com.example.topic`)).toMatchObject({
    status: 503,
    body: { error: "wamp.error.unavailable" },
  });
  expect(await refusals.next()).toMatchObject({ reason: "http_503" });
  first.destroy();
  await expect.poll(async () => (await listen(t, `${base}/subscribe/com.example.topic`)).response.statusCode).toBe(200);
});

test("Last-Event-ID is taken, and nothing is sent again", async (t) => {
  const { base, peer } = await startBridge(t);
  const { publication } = await peer.publish("com.example.topic", [1], {}, { acknowledge: true });
  const headers = { "last-event-id": String(publication) };
  const { events } = await listen(t, `${base}/subscribe/com.example.topic`, { headers });
  await peer.publish("com.example.topic", [2]);
  expect(await events.next()).toMatchObject({ data: { args: [2] } });
});
