/** Requests that no well-behaved HTTP client sends. The router rejects them and continues. */
import { expect, test, vi } from "vitest";
import type { RouterEvent } from "wampact/router";
import { ask, type BridgedOptions, post, rawSocket, startBridge } from "../support/http.js";
import { createGate, type Finish, Inbox, waitFor } from "../support/peers.js";
import { REALM } from "../support/raw.js";

/** A bridge, and a socket to write on. Afterwards the bridge must still answer. */
async function startHostile(t: Finish, options: BridgedOptions = {}) {
  const bridged = await startBridge(t, options);
  const answers = async () =>
    expect(await post(`${bridged.base}/call/wamp.session.count`)).toMatchObject({ status: 200 });
  return { ...bridged, answers, ...(await rawSocket(t, bridged.port)) };
}

function request(path: string, { method = "POST", body = "{}", headers = "" } = {}): string {
  return `${method} /api/${REALM}${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;
}

test("headers that are too large are 431", async (t) => {
  const { socket, until, answers } = await startHostile(t);
  socket.write(request("/call/wamp.session.count", { headers: `X-Large: ${"x".repeat(100_000)}\r\n` }));
  expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 431 /);
  await answers();
});

test("a Content-Type with thousands of spaces is read as quickly as any other", async (t) => {
  const { port, answers } = await startHostile(t);
  const type = `application/json;${" ".repeat(15_000)}x`;
  const began = performance.now();
  for (let count = 0; count < 40; count++) {
    const { socket, until } = await rawSocket(t, port);
    socket.write(request("/call/wamp.session.count").replace("application/json", type));
    expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 415 /);
    socket.destroy();
  }
  expect(performance.now() - began).toBeLessThan(7_000); // with a pattern that backtracks it is 15 s
  await answers();
});

test("bytes that are no HTTP are 400", async (t) => {
  const { socket, until, closed, answers } = await startHostile(t);
  socket.write("\0\0\0 nonsense\r\n\r\n");
  expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 400 /);
  await closed;
  await answers();
});

test.for(["%", "%zz", "%ff", "a%2", "%c0%af"])("a path that ends in %s, which is no UTF-8, is 400", async (bad, t) => {
  const { base } = await startBridge(t);
  const { pathname, port } = new URL(base);
  const { socket, until } = await rawSocket(t, Number(port));
  socket.write(`POST ${pathname}/call/${bad} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
  expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 400 /);
});

test.for([
  ["/api/../api/x/call/y", 404],
  ["/api/%2e%2e/call/y", 404],
  ["/api/..%2f..%2fetc/call/y", 404],
  ["/api//call/y", 404],
  ["/apix/com.example/call/y", 426],
  ["/API/com.example/call/y", 426],
  ["//evil.example/api/x/call/y", 426],
  ["http://evil.example/api/com.example/call/y", 426],
  ["*", 426],
] as const)("the target %s is %i", async ([target, status], t) => {
  const { port } = await startBridge(t);
  const { socket, until } = await rawSocket(t, port);
  socket.write(
    `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  );
  expect(await until(/\r\n\r\n/)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
});

test.for([
  "HEAD",
  "GET",
  "PUT",
  "DELETE",
  "PATCH",
  "TRACE",
  "PROPFIND",
])("%s of a procedure is 405", async (method, t) => {
  const { port } = await startBridge(t);
  const { socket, until } = await rawSocket(t, port);
  socket.write(request("/call/wamp.session.count", { method, body: "" }));
  const text = await until(/\r\n\r\n/);
  expect(text).toMatch(/^HTTP\/1.1 405 /);
  expect(text.toLowerCase()).toContain("allow: post, options");
  if (method === "HEAD") expect(text).toMatch(/\r\n\r\n$/);
});

test("CONNECT and unknown methods end the connection", async (t) => {
  for (const line of ["CONNECT localhost:80", "WHATEVER /api"]) {
    const { socket, closed, answers } = await startHostile(t);
    socket.write(`${line} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await closed;
    await answers();
  }
});

test("OPTIONS without an origin says which methods there are", async (t) => {
  const { base } = await startBridge(t);
  const { status, headers } = await ask(`${base}/call/x`, { method: "OPTIONS" });
  expect([status, headers.get("allow")]).toEqual([204, "GET, POST, OPTIONS"]);
});

test("requests behind each other on one connection are answered in order", async (t) => {
  const { socket, until, peer } = await startHostile(t);
  const gate = createGate<string>();
  await peer.register("com.example.slow", () => gate.promise);
  await peer.register("com.example.fast", () => {
    gate.open("slow");
    return "fast";
  });
  socket.write(request("/call/com.example.slow") + request("/call/com.example.fast"));
  const text = await until(/fast/);
  expect(text.match(/"args":\["\w+"\]/g)).toEqual(['"args":["slow"]', '"args":["fast"]']);
});

test("a connection with very many requests at once is ended", async (t) => {
  const { socket, closed, answers, peer } = await startHostile(t);
  await peer.register("com.example.slow", () => new Promise(() => {}));
  socket.write(request("/call/com.example.slow").repeat(1_000));
  await closed;
  await answers();
});

test("requests behind each other end with their connection: their calls are cancelled, and others have their places", async (t) => {
  const { socket, answers, peer, router } = await startHostile(t, { bridge: { maxRequests: 8 } });
  const [called, cancelled] = [new Inbox<boolean>(), new Inbox<boolean>()];
  await peer.register("com.example.slow", ({ signal }) => {
    signal.addEventListener("abort", () => cancelled.push(true));
    called.push(true);
    return new Promise(() => {});
  });
  socket.write(request("/call/com.example.slow").repeat(8));
  for (let at = 0; at < 8; at++) await called.next();
  socket.destroy();
  for (let at = 0; at < 8; at++) await cancelled.next();
  await answers();
  await expect.poll(() => router.sessions(REALM).length).toBe(1);
});

test("an answer that is not read counts as unsent, and its connection is ended in time", async (t) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  t.onTestFinished(() => void vi.useRealTimers());
  const { socket, closed, peer, router } = await startHostile(t);
  await peer.register("com.example.large", () => "x".repeat(15_000_000));
  socket.pause();
  socket.write(request("/call/com.example.large"));
  await waitFor(() => router.status().unsentBytes > 15_000_000);
  vi.advanceTimersByTime(600_000);
  expect(router.status().unsentBytes).toBeGreaterThan(15_000_000); // a slow line may take so long
  vi.advanceTimersByTime(600_000);
  expect(router.status().unsentBytes).toBe(0);
  socket.resume();
  await closed;
});

test("answers that a client does not read are bounded", async (t) => {
  const { socket, closed, answers, peer, router } = await startHostile(t, { listen: { maxUnsentBytes: 10_000_000 } });
  await peer.register("com.example.large", () => "x".repeat(4_000_000));
  socket.pause();
  socket.write(request("/call/com.example.large").repeat(12));
  await waitFor(() => router.status().unsentBytes > 0);
  await waitFor(() => router.status().unsentBytes === 0);
  socket.resume();
  await closed;
  await answers();
});

test("requests are bounded", async (t) => {
  const { base, peer } = await startBridge(t, { bridge: { maxRequests: 1 } });
  const [gate, called] = [createGate<string>(), createGate()];
  await peer.register("com.example.slow", () => {
    called.open();
    return gate.promise;
  });
  const first = post(`${base}/call/com.example.slow`);
  await called.promise;
  const second = await post(`${base}/call/com.example.slow`);
  expect(second).toMatchObject({ status: 503, body: { error: "wamp.error.unavailable" } });
  expect(second.headers.get("retry-after")).toBe("1");
  gate.open("done");
  expect(await first).toMatchObject({ status: 200 });
});

test("a body that stops half way calls nothing, and its connection is ended in time", async (t) => {
  const { socket, closed, answers, peer } = await startHostile(t, { router: { handshakeTimeoutMs: 100 } });
  let calls = 0;
  await peer.register("com.example.count", () => ++calls);
  socket.write(request("/call/com.example.count", { body: "{}" }).replace("Content-Length: 2", "Content-Length: 20"));
  await closed;
  await answers();
  expect(calls).toBe(0);
});

test("a body whose sender goes away calls nothing", async (t) => {
  const { socket, closed, answers, peer } = await startHostile(t);
  let calls = 0;
  await peer.register("com.example.count", () => ++calls);
  socket.write(request("/call/com.example.count", { body: "{}" }).replace("Content-Length: 2", "Content-Length: 20"));
  socket.end();
  await closed;
  await answers();
  expect(calls).toBe(0);
});

test("headers that never end, and connections without a request, are ended in time", async (t) => {
  const slow = await startHostile(t, { router: { handshakeTimeoutMs: 100 } });
  slow.socket.write("POST /api HTTP/1.1\r\nHost: localhost\r\nX-");
  const idle = await rawSocket(t, slow.port);
  await Promise.all([slow.closed, idle.closed]);
  await slow.answers();
});

test("a connection that is kept alive has a next request, and is ended without one", async (t) => {
  const { socket, until, closed, text } = await startHostile(t, { router: { handshakeTimeoutMs: 100 } });
  socket.write(request("/call/wamp.session.count"));
  await until(/"args"/);
  socket.write(request("/call/wamp.session.count"));
  await closed;
  expect(text().match(/HTTP\/1.1 200/g)).toHaveLength(2);
});

test("a body with both lengths, and chunks that are none, are 400", async (t) => {
  const { socket, until } = await startHostile(t);
  socket.write(request("/call/wamp.session.count", { headers: "Transfer-Encoding: chunked\r\n" }));
  expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 400 /);
  const other = await startHostile(t);
  other.socket.write(
    `POST /api/${REALM}/call/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
  );
  expect(await other.until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 400 /);
  await other.answers();
});

test("a client that asks before it sends a body sends none that is not wanted", async (t) => {
  const expecting = (path: string, length: number) =>
    `POST /api/${REALM}${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;
  const { socket, until, closed, answers } = await startHostile(t, { listen: { maxMessageBytes: 1_000 } });
  socket.write(expecting("/call/wamp.session.count", 2_000));
  expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 413 .*connection: close/is);
  await closed;
  const other = await startHostile(t);
  other.socket.write(expecting("/call/wamp.session.count", 2));
  expect(await other.until(/\r\n\r\n/)).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  other.socket.write("[]");
  expect(await other.until(/"args"/)).toContain("HTTP/1.1 200 OK");
  await answers();
});

test("a WebSocket can follow on the path of the bridge: it is refused, and none is made", async (t) => {
  const { socket, until, answers } = await startHostile(t);
  socket.write(
    `GET /api/${REALM}/subscribe/x HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  );
  expect(await until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 404 /);
  await answers();
});

test("a router that goes down refuses with 503, and calls under way are answered", async (t) => {
  const { base, peer, router } = await startBridge(t);
  const [gate, called] = [createGate<string>(), createGate()];
  await peer.register("com.example.slow", () => {
    called.open();
    return gate.promise;
  });
  const call = post(`${base}/call/com.example.slow`);
  await called.promise;
  const closed = router.close();
  expect(await post(`${base}/call/com.example.slow`)).toMatchObject({ status: 503 });
  gate.open("done");
  expect(await call).toMatchObject({ status: 200, body: { args: ["done"] } });
  await closed;
});

test("refusals are told to observers with the status", async (t) => {
  const told = new Inbox<RouterEvent>();
  const observer = (event: RouterEvent) => event.type === "refused" && told.push(event);
  const { base } = await startBridge(t, { router: { observer } });
  await post(`${base}/call/x`, {}, { origin: "https://evil.example" });
  expect(await told.next()).toMatchObject({ reason: "http_403", info: { kind: "http", remoteAddress: "127.0.0.1" } });
  await ask(`${base}/call/x`, { method: "POST", headers: { "content-type": "text/plain" }, body: "x" });
  expect(await told.next()).toMatchObject({ reason: "http_415" });
});

const BLANKS = " ".repeat(15_000);

test.for([
  ["content-type", `application/json;${BLANKS}x`, 415],
  ["content-type", `application/json${BLANKS}x`, 415],
  ["content-type", `application/json;${";".repeat(15_000)}x`, 415],
  ["authorization", `Bearer${BLANKS}a b`, 401],
  ["authorization", `Basic ${"a".repeat(15_000)} b`, 401],
  ["accept", `text/event-stream${BLANKS}x`, 200],
  ["accept", `${",".repeat(7_500)}${" ".repeat(7_500)}x`, 200],
] as const)("the header %s costs no more than its length", async ([name, value, status], t) => {
  const { base } = await startBridge(t);
  const answer = async (headers: Readonly<Record<string, string>>) => {
    const statuses = new Set<number>();
    const before = process.cpuUsage();
    for (let count = 0; count < 10; count++) {
      const response = await fetch(`${base}/call/wamp.session.count`, {
        method: "POST",
        body: "[]",
        headers: { "content-type": "application/json", ...headers },
      });
      await response.text();
      statuses.add(response.status);
    }
    const { user, system } = process.cpuUsage(before);
    return { statuses: [...statuses], ms: (user + system) / 1_000 };
  };
  await answer({});
  const usual = await answer({});
  const { ms, statuses } = await answer({ [name]: value });
  expect(statuses).toEqual([status]);
  expect(ms).toBeLessThan(500 + 3 * usual.ms); // a pattern that goes back takes two seconds
});
