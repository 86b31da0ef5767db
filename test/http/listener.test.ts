/** One port for WebSockets and HTTP: TLS, connections that do both, paths, and how it ends. */

import { once } from "node:events";
import { createServer, request } from "node:http";
import { request as requestTls } from "node:https";
import { expect, test } from "vitest";
import { httpBridge, longPoll } from "wampact/http";
import { createRouter, universal, websocket } from "wampact/router";
import { ask, listen, post, rawSocket, startBridge } from "../support/http.js";
import { connectPeer, createGate, failureOf, join } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import { cert, key } from "../support/tls.js";

test("over TLS a call and a WebSocket share a port", async (t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url, port } = await router.listen({ tls: { cert, key }, http: [httpBridge(), longPoll()] });
  await connectPeer(t, { url, tls: { ca: cert } });
  const path = `/api/${REALM}/call/wamp.session.count`;
  const headers = { "content-type": "application/json", "content-length": "2" };
  const asked = requestTls({ host: "127.0.0.1", port, path, method: "POST", headers, ca: cert, agent: false });
  asked.end("{}");
  const [response] = await once(asked, "response");
  expect(response.statusCode).toBe(200);
  let text = "";
  for await (const chunk of response) text += chunk;
  expect(JSON.parse(text)).toEqual({ args: [2], kwargs: {} });
});

test("a connection that has asked over HTTP may become a WebSocket", async (t) => {
  const { port, router } = await startBridge(t);
  const { socket, until } = await rawSocket(t, port);
  socket.write(
    `POST /api/${REALM}/call/wamp.session.count HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  );
  await until(/"args"/);
  socket.write(
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n",
  );
  expect(await until(/HTTP\/1.1 101/)).toContain("wamp.2.json");
  await expect.poll(() => router.status().connections).toBe(2); // the peer of the test is the other one
});

test("universal() serves them beside RawSocket", async (t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { port } = await router.listen(universal({ websocket: { http: [httpBridge()] } }));
  expect(await post(`http://127.0.0.1:${port}/api/${REALM}/call/wamp.session.count`)).toMatchObject({ status: 200 });
  await connectPeer(t, { url: `rs://127.0.0.1:${port}` });
  await connectPeer(t, { url: `ws://127.0.0.1:${port}/ws` });
});

test("without parts a router answers no request but those for WebSockets", async (t) => {
  const { port } = await startBridge(t, { listen: { http: [] } });
  const { status, body } = await ask(`http://127.0.0.1:${port}/api/${REALM}/call/wamp.session.count`);
  expect([status, body]).toEqual([426, "This is a WAMP router. Connect with a WebSocket to /ws.\n"]);
});

test("parts that cannot be are refused in words", () => {
  expect(() => websocket({ http: [httpBridge(), longPoll({ path: "/api/lp" })] })).toThrow(
    'websocket.http[1]: "/api/lp" and "/api" overlap; change one path',
  );
  expect(() => websocket({ path: ["/ws", "/api/ws"], http: [httpBridge()] })).toThrow(
    'websocket.http[0]: the WebSocket is at "/api/ws", which overlaps with "/api"; change one path',
  );
  expect(() => websocket({ server: createServer(), http: [httpBridge()] })).toThrow(
    "websocket.http: the server that is given",
  );
  expect(() => websocket({ http: [{} as never] })).toThrow("websocket.http: expected a list of HTTP parts");
  expect(() => httpBridge({ paths: "/x" } as never)).toThrow("httpBridge.paths: unknown option; did you mean");
  expect(() => httpBridge({ maxRequests: 0 })).toThrow("httpBridge.maxRequests: expected a positive integer, got 0");
  for (const path of ["/", "api", "/api/", "/a b", "/%61", "/../x", "/x?y"])
    expect(() => httpBridge({ path }), path).toThrow("httpBridge.path: expected a path");
});

test("a listener that closes ends what it serves over HTTP, and the router goes on", async (t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const listening = await router.listen({ http: [httpBridge(), longPoll()] });
  const base = `http://127.0.0.1:${listening.port}/api/${REALM}`;
  const peer = await join(t, router);
  const called = createGate();
  await peer.register("com.example.slow", () => {
    called.open();
    return new Promise(() => {});
  });
  const stream = await listen(t, `${base}/subscribe/com.example.topic`);
  const call = failureOf(post(`${base}/call/com.example.slow`)).catch(() => "answered");
  await called.promise;
  await listening.close();
  await Promise.all([stream.ended, call]);
  expect(router.sessions(REALM)).toHaveLength(1);
});

test("a request that is answered early may still send its body", async (t) => {
  const { port } = await startBridge(t);
  const asked = request({ host: "127.0.0.1", port, path: "/api/none", method: "POST", agent: false });
  asked.on("error", () => {}); // the connection may be gone before all was sent
  asked.write("x".repeat(100_000));
  const [response] = await once(asked, "response");
  expect(response.statusCode).toBe(404);
  asked.end("x".repeat(100_000));
  response.resume();
  await once(response, "end");
});
