/** The admin listener: what it answers, to whom, and when. */
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { request } from "node:http";
import { connect as connectSocket } from "node:net";
import { join as pathOf } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { type AdminOptions, createMetrics, startAdmin } from "wampact/operations";
import { createRouter, type Router, type RouterEvent } from "wampact/router";
import { temporary } from "../support/folder.js";
import { createGate, failureOf, join } from "../support/peers.js";
import { skipOnWindows } from "../support/platform.js";
import { REALM } from "../support/raw.js";
import { closed } from "../support/sockets.js";
import { cert, key } from "../support/tls.js";

const TOKEN = "a-token-of-operators";

async function start(t: TestContext, options: Partial<AdminOptions> = {}) {
  const router = options.router ?? createRouter({ realms: [{ name: REALM }] });
  const admin = await startAdmin({ ...options, router });
  t.onTestFinished(async () => {
    await router.close({ drainMs: 0 });
    await admin.close();
  });
  return { router, admin };
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks with exactly these headers, `Host` among them. */
async function ask(port: number, path: string, { method = "GET", headers = {} }: Asked = {}) {
  const asked = request({ host: "127.0.0.1", port, path, method, headers, agent: false });
  asked.end();
  const [response] = await once(asked, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode as number, text, headers: response.headers };
}

test("a router is healthy from the start, and ready while it takes connections", async (t) => {
  const { router, admin } = await start(t);
  expect(await ask(admin.port, "/healthz")).toMatchObject({ status: 200, text: "ok\n" });
  expect(await ask(admin.port, "/readyz")).toMatchObject({ status: 503, text: "not listening yet\n" });
  await router.listen();
  expect(await ask(admin.port, "/readyz")).toMatchObject({ status: 200, text: "ready\n" });

  const [gate, called] = [createGate<string>(), createGate()];
  const peer = await join(t, router);
  await peer.register("com.example.slow", () => {
    called.open();
    return gate.promise;
  });
  const call = peer.call("com.example.slow");
  await called.promise;
  const closed = router.close();
  expect(await ask(admin.port, "/readyz")).toMatchObject({ status: 503, text: "draining\n" });
  expect(await ask(admin.port, "/healthz")).toMatchObject({ status: 200 });
  gate.open("done");
  expect((await call).args).toEqual(["done"]);
  await closed;
  expect(await ask(admin.port, "/readyz")).toMatchObject({ status: 503 });
});

test("notReady adds reasons of the application", async (t) => {
  let why: string | undefined = "the cache is cold";
  const { router, admin } = await start(t, { notReady: () => why });
  await router.listen();
  expect(await ask(admin.port, "/readyz")).toMatchObject({ status: 503, text: "the cache is cold\n" });
  why = undefined;
  expect(await ask(admin.port, "/readyz")).toMatchObject({ status: 200 });
});

test("metrics are there where they are given", async (t) => {
  const metrics = createMetrics({ process: false });
  const router = createRouter({ realms: [{ name: REALM }], meter: metrics });
  const { admin } = await start(t, { router, metrics });
  expect(await ask(admin.port, "/metrics")).toMatchObject({
    status: 200,
    text: expect.stringContaining("wampact_connections 0\n"),
    headers: { "cache-control": "no-store" },
  });
  const head = await ask(admin.port, "/metrics", { method: "HEAD" });
  expect(head).toMatchObject({ status: 200, text: "" });
  const { admin: bare } = await start(t);
  expect(await ask(bare.port, "/metrics")).toMatchObject({
    status: 404,
    text: "Not found. The paths are /healthz, /readyz.\n",
  });
});

test("actions are done by POST, and answer with what they return or throw", async (t) => {
  let reloads = 0;
  const actions = {
    "/reload": async () => ({ reloads: ++reloads }),
    "/fails": () => {
      throw new Error("line 3: no such role");
    },
  };
  const { admin } = await start(t, { actions });
  expect(await ask(admin.port, "/reload")).toMatchObject({ status: 405, headers: { allow: "POST" } });
  expect(await ask(admin.port, "/healthz", { method: "POST" })).toMatchObject({ status: 405 });
  const { status, text, headers } = await ask(admin.port, "/reload", { method: "POST" });
  expect([status, JSON.parse(text), headers["content-type"]]).toEqual([200, { reloads: 1 }, "application/json"]);
  const failed = await ask(admin.port, "/fails", { method: "POST" });
  expect([failed.status, JSON.parse(failed.text)]).toEqual([500, { error: "line 3: no such role" }]);
  expect(await ask(admin.port, "/toString", { method: "POST" })).toMatchObject({ status: 404 });
  expect(reloads).toBe(1);
});

test("with a token everything but the probes needs it", async (t) => {
  const metrics = createMetrics({ process: false });
  const router = createRouter({ realms: [{ name: REALM }], meter: metrics });
  let reloads = 0;
  const { admin } = await start(t, {
    router,
    metrics,
    token: TOKEN,
    host: "0.0.0.0",
    actions: { "/reload": () => reloads++ },
  });
  const withToken = (given: string) => ({ headers: { authorization: given } });
  for (const path of ["/healthz", "/readyz"]) expect((await ask(admin.port, path)).status).not.toBe(401);
  const refused = await ask(admin.port, "/metrics");
  expect(refused).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
  for (const wrong of [`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, "Bearer", TOKEN, `Basic ${TOKEN}`, "Bearer  "]) {
    expect(await ask(admin.port, "/metrics", withToken(wrong)), wrong).toMatchObject({ status: 401 });
    expect((await ask(admin.port, "/reload", { method: "POST", ...withToken(wrong) })).status).toBe(401);
  }
  expect(await ask(admin.port, "/other")).toMatchObject({ status: 401 }); // nothing is told of what there is
  expect(await ask(admin.port, "/metrics", withToken(`Bearer ${TOKEN}`))).toMatchObject({ status: 200 });
  expect(await ask(admin.port, "/metrics", withToken(`bearer   ${TOKEN}`))).toMatchObject({ status: 200 });
  expect(reloads).toBe(0);
});

test("another name than those of this machine is refused, unless it is listed", async (t) => {
  const { admin } = await start(t, { hosts: ["router.internal"] });
  const under = (host: string) => ask(admin.port, "/healthz", { headers: { host } });
  for (const host of ["evil.example", "evil.example:80", `localhost.evil.example:${admin.port}`, "a b"])
    expect((await under(host)).status, host).toBe(403);
  for (const host of ["localhost", `127.0.0.1:${admin.port}`, "10.1.2.3:8081", "[::1]:8081", "router.internal"])
    expect((await under(host)).status, host).toBe(200);
});

test("a request that names no host is refused", async (t) => {
  const { admin } = await start(t);
  const socket = connectSocket(admin.port, "127.0.0.1");
  socket.write("GET /healthz HTTP/1.0\r\n\r\n");
  let text = "";
  for await (const chunk of socket) text += chunk;
  expect(text).toMatch(/^HTTP\/1\.1 403 /);
});

test("a web page of another origin is refused, even one of this machine", async (t) => {
  let reloads = 0;
  const { admin } = await start(t, { actions: { "/reload": () => reloads++ } });
  const host = `127.0.0.1:${admin.port}`;
  for (const origin of ["http://evil.example", "http://localhost:3000", "null", `https://${host}`])
    expect((await ask(admin.port, "/reload", { method: "POST", headers: { host, origin } })).status, origin).toBe(403);
  expect(reloads).toBe(0);
  const own = { method: "POST", headers: { host, origin: `http://${host}` } };
  expect((await ask(admin.port, "/reload", own)).status).toBe(200);
});

test("a fault of what it reads is told to onError, and harms nothing", async (t) => {
  const faults: unknown[] = [];
  const notReady = () => {
    throw new Error("broken probe");
  };
  const { router, admin } = await start(t, { notReady, onError: (error) => faults.push(error) });
  await router.listen();
  expect(await ask(admin.port, "/readyz")).toMatchObject({ status: 500, text: expect.not.stringContaining("broken") });
  expect(faults.map(String)).toEqual(["Error: broken probe"]);
  expect(await ask(admin.port, "/healthz")).toMatchObject({ status: 200 });
});

test("what is no HTTP ends its connection only", async (t) => {
  const { admin } = await start(t);
  for (const bytes of ["no HTTP at all\r\n\r\n", `GET / HTTP/1.1\r\nX: ${"x".repeat(100_000)}\r\n\r\n`]) {
    const socket = connectSocket(admin.port, "127.0.0.1").on("error", () => {});
    socket.end(bytes);
    socket.resume();
    await closed(socket);
  }
  expect(await ask(admin.port, "/healthz")).toMatchObject({ status: 200 });
});

test("connections without a request keep no probe out, and end none that has one", async (t) => {
  const [started, gate] = [createGate(), createGate<string>()];
  const { admin } = await start(t, {
    actions: {
      "/slow": () => {
        started.open();
        return gate.promise;
      },
    },
  });
  const slow = ask(admin.port, "/slow", { method: "POST" });
  await started.promise;
  const silent = await Promise.all(
    Array.from({ length: 150 }, async () => {
      const socket = connectSocket(admin.port, "127.0.0.1").on("error", () => {});
      t.onTestFinished(() => void socket.destroy());
      await once(socket, "connect");
      socket.write("GET /healthz HTTP/1.1\r\nHost: lo");
      return socket.resume();
    }),
  );
  await Promise.all(silent.slice(0, 51).map(closed));
  expect(await ask(admin.port, "/healthz")).toMatchObject({ status: 200 });
  gate.open("done");
  expect(await slow).toMatchObject({ status: 200, text: '"done"\n' });
});

test("a request that is refused is told to the observer, and counted", async (t) => {
  const [events, metrics] = [[] as RouterEvent[], createMetrics({ process: false })];
  t.onTestFinished(() => metrics.close());
  const { admin, router } = await start(t, { token: TOKEN, metrics, observer: (event) => events.push(event) });
  await ask(admin.port, "/metrics", { headers: { authorization: "Bearer a-token-of-somebody-else" } });
  await ask(admin.port, "/healthz", { headers: { host: "router.example" } });
  await ask(admin.port, "/metrics", { headers: { authorization: `Bearer ${TOKEN}` } });
  const info = { kind: "admin", remoteAddress: "127.0.0.1" };
  expect(events).toEqual([
    { type: "refused", info, reason: "admin_http_401", why: "The token is wrong." },
    { type: "refused", info, reason: "admin_http_403", why: expect.stringContaining('"router.example"') },
  ]);
  expect(metrics.text(router)).toContain('wampact_connections_refused_total{reason="admin_http_401"} 1\n');
});

test("close ends connections that wait, and requests under way soon", async (t) => {
  const [started, never] = [createGate(), createGate()];
  const { admin } = await start(t, {
    actions: {
      "/slow": () => {
        started.open();
        return never.promise;
      },
    },
  });
  const idle = connectSocket(admin.port, "127.0.0.1");
  await once(idle, "connect");
  const slow = failureOf(ask(admin.port, "/slow", { method: "POST" }));
  await started.promise;
  await admin.close();
  expect(String(await slow)).toContain("socket hang up");
  idle.destroy();
  expect(String(await failureOf(ask(admin.port, "/healthz")))).toContain("ECONNREFUSED");
});

test("close ends connections within their TLS handshake soon", async (t) => {
  const { admin } = await start(t, { tls: { key, cert } });
  const silent = connectSocket(admin.port, "127.0.0.1");
  await once(silent, "connect");
  const began = performance.now();
  await admin.close();
  expect(performance.now() - began).toBeLessThan(9_000); // a handshake may take 10 s
  await closed(silent);
});

test("a Unix socket is for its user, needs no token, and is gone afterwards", async (t) => {
  skipOnWindows(t, "it has no Unix sockets");
  const path = pathOf(temporary(t), "admin.sock");
  const { admin } = await start(t, { path, actions: { "/reload": () => "done" } });
  expect(admin).toMatchObject({ url: `unix:${path}`, port: 0 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const asked = request({ socketPath: path, path: "/reload", method: "POST", agent: false });
  asked.end();
  const [response] = await once(asked, "response");
  expect(response.resume().statusCode).toBe(200);
  await admin.close();
  expect(existsSync(path)).toBe(false);
});

test("a port that is taken is told in words", async (t) => {
  const { admin, router } = await start(t);
  expect(String(await failureOf(startAdmin({ router, port: admin.port })))).toBe(
    `Error: cannot listen on 127.0.0.1:${admin.port}: the port is in use; stop the process that uses it or choose another port`,
  );
});

test.for([
  [{ host: "0.0.0.0" }, 'host: "0.0.0.0" is reachable from other machines; set a token'],
  [{ host: "router.internal" }, "set a token"],
  [{ token: "short" }, "token: expected a string of at least 16 characters, got a string"],
  [{ port: 99_999 }, "port: expected an integer from 0 to 65535, got 99999"],
  [{ hosts: ["http://a.example/x"] }, "hosts[0]: expected a name in lower case"],
  [{ actions: { reload: () => {} } }, "actions: expected functions by path"],
  [{ tls: { cert: "no PEM" } }, "tls"],
  [{ path: "/tmp/admin.sock", port: 0 }, "port: does not apply to a Unix socket (path); remove it"],
  [{ socket: "/" }, "socket: unknown option"],
] as const)("%o is refused: %s", async ([options, words]) => {
  const router: Router = createRouter({ realms: [{ name: REALM }] });
  expect(String(await failureOf(startAdmin({ router, ...(options as object) })))).toContain(words);
});
