/** `wampact router reload` and SIGHUP: what changes while sessions stand, and what does not. */
import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { join as pathOf } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect, test } from "vitest";
import { ticket } from "wampact/auth/ticket";
import type { ConnectOptions } from "wampact/peer";
import { hashTicket } from "wampact/router";
import { endChild } from "../../support/child.js";
import { startCliRouter, wampact } from "../../support/cli.js";
import { connectPeer, type Finish } from "../../support/peers.js";
import { createProject } from "../../support/project.js";
import { cert, key, otherCert, otherKey } from "../../support/tls.js";

const realm = "com.app";
const CONFIG = "wampact.config.json";
const ALL = { uri: "com.app.", match: "prefix", allow: ["call", "register", "publish", "subscribe"] };

/** A router by a configuration of one realm and one listener, which a test changes. */
async function start(t: Finish, settings: object, others: object = {}, files: Readonly<Record<string, string>> = {}) {
  const text = (changed: object, top: object) =>
    JSON.stringify({
      realms: [{ name: realm, ...changed }],
      listeners: [{ type: "websocket", port: 0 }],
      ...others,
      ...top,
    });
  const { dir, write } = createProject(t, { [CONFIG]: text(settings, {}), ...files });
  const router = await startCliRouter(t, dir);
  return {
    router,
    dir,
    write,
    change: (changed: object, top: object = {}) => write(CONFIG, text(changed, top)),
    reload: () => wampact(dir, ["router", "reload"]),
    join: (options: Partial<ConnectOptions> = {}) =>
      connectPeer(t, { url: router.url, realm, onError: () => {}, ...options }),
  };
}

const uriOf = (promise: PromiseLike<unknown>) =>
  promise.then(
    () => "answered",
    (error: { readonly uri: string }) => error.uri,
  );

test("permissions change for sessions that stand, which lose what they may not hold", async (t) => {
  const roles = (...permissions: object[]) => ({ roles: { anonymous: { permissions } } });
  const { change, reload, join } = await start(t, roles(ALL));
  const peer = await join();
  await peer.register("com.app.echo", ({ args }) => args[0]);
  expect(await uriOf(peer.call("com.app.echo"))).toBe("answered");
  change(roles({ uri: "com.app.news", allow: ["subscribe"] }));
  expect(await reload()).toEqual({ stdout: `${CONFIG}: applied realms[0].roles\n`, stderr: "", status: 0 });
  expect(await uriOf(peer.call("com.app.echo"))).toBe("wamp.error.not_authorized");
  expect(await uriOf(peer.subscribe("com.app.news", () => {}))).toBe("answered");
  change(roles(ALL));
  await reload();
  expect(await uriOf(peer.call("com.app.echo"))).toBe("wamp.error.no_such_procedure"); // it was revoked
});

test("principals come and go, also by the files that they refer to; sessions stay", async (t) => {
  const principal = (name: string) => ({ [name]: { role: "backend", ticket: { file: `${name}.hash` } } });
  const auth = (...names: string[]) => ({
    auth: [{ method: "ticket", principals: Object.assign({}, ...names.map(principal)) }],
    roles: { backend: { permissions: [ALL] } },
  });
  const cost = { logN: 4, r: 8, p: 1 };
  const hashes = { "ada.hash": await hashTicket("one", cost), "bob.hash": `${await hashTicket("two", cost)}\n` };
  const { change, reload, join, write } = await start(t, auth("ada"), {}, hashes);
  const login = (authid: string, secret: string) => join({ auth: [ticket({ authid, ticket: secret })] });
  const ada = await login("ada", "one");
  expect(await uriOf(login("bob", "two"))).toBe("wamp.error.authentication_failed");
  change(auth("bob"));
  expect((await reload()).stdout).toContain("applied realms[0].auth");
  await login("bob", "two");
  expect(await uriOf(login("ada", "one"))).toBe("wamp.error.authentication_failed");
  expect(await uriOf(ada.register("com.app.echo", () => 1))).toBe("answered"); // the session stands
  write("bob.hash", await hashTicket("three", cost));
  expect((await reload()).stdout).toContain("applied realms[0].auth");
  await login("bob", "three");
  expect((await reload()).stdout).toContain("no changes");
});

function subjectOf(url: string): Promise<string> {
  const socket = connectTls({ port: Number(new URL(url).port), rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
  });
}

test.for([
  "websocket",
  "rawsocket",
  "universal",
])("certificates of %s change for new connections, by SIGHUP; sessions stand", async (type, t) => {
  const listeners = [{ type, port: 0, tls: { cert: "cert.pem", key: "key.pem" } }];
  const files = { "cert.pem": cert, "key.pem": key, "cert2.pem": otherCert, "key2.pem": otherKey };
  const { router, dir, join } = await start(t, {}, { listeners }, files);
  const peer = await join({ tls: { ca: cert } });
  await peer.register("com.app.echo", ({ args }) => args[0]);
  expect(await subjectOf(router.url)).toBe("localhost");
  copyFileSync(pathOf(dir, "cert2.pem"), pathOf(dir, "cert.pem"));
  router.signal("SIGHUP");
  await router.until("listeners[0].tls.key: does not match tls.cert");
  await router.until("nothing has changed; the router keeps its configuration");
  expect(await subjectOf(router.url)).toBe("localhost");
  copyFileSync(pathOf(dir, "key2.pem"), pathOf(dir, "key.pem"));
  router.signal("SIGHUP");
  await router.until("applied listeners[0].tls.cert, listeners[0].tls.key");
  expect(await subjectOf(router.url)).toBe("another");
  expect((await peer.call("com.app.echo", [1])).args).toEqual([1]);
});

test("what takes a restart is said, and said again, and the rest is applied", async (t) => {
  const { router, change, reload } = await start(t, {});
  change(
    { limits: { session: { maxSubscriptions: 1 } }, store: { type: "memory", maxRetainedTopics: 1 } },
    {
      drainMs: 7_000,
      agent: "mine",
      listeners: [
        { type: "websocket", port: 0, path: "/other" },
        { type: "websocket", port: 0 },
      ],
      realms: [{ name: "com.other" }, { name: realm, limits: { session: { maxSubscriptions: 1 } }, retainMs: 5 }],
    },
  );
  const restart =
    'needs a restart: realms[0]: "com.other" is new, realms[1].retainMs, listeners, listeners[0].path, agent';
  expect((await reload()).stdout).toBe(`${CONFIG}: applied realms[1].limits, drainMs\n${CONFIG}: ${restart}\n`);
  expect((await reload()).stdout).toBe(`${CONFIG}: ${restart}\n`);
  const peer = await connectPeer(t, { url: router.url, realm });
  await peer.subscribe("com.one", () => {});
  expect(await uriOf(peer.subscribe("com.two", () => {}))).toBe("wampact.error.limit_exceeded");
  router.signal("SIGTERM");
  await router.until("pending calls have 7 s to finish");
});

test.for<readonly [string, string, string]>([
  ["is no JSON", "{", `${CONFIG}: the file is not JSON: line 1, column 2: unexpected end`],
  [
    "has a wrong role",
    JSON.stringify({ realms: [{ name: realm, auth: [{ method: "anonymous", authrole: "x" }], roles: { y: {} } }] }),
    `${CONFIG}: realms[0].auth[0].authrole: this realm does not define the role "x"; did you mean "y"?`,
  ],
  [
    "has no realm",
    '{ "realms": [] }',
    `${CONFIG}: realms: expected at least one realm, such as { "name": "com.app" }, got an empty list`,
  ],
])("a new configuration that %s changes nothing", async ([, text, words], t) => {
  const { router, write, reload, join } = await start(t, {});
  write(CONFIG, text);
  const { stdout, stderr, status } = await reload();
  expect([stdout, status]).toEqual(["", 1]);
  if (text !== "{") expect(stderr).toBe(`${words}\nnothing has changed; the router keeps its configuration\n`);
  router.signal("SIGHUP");
  const times = text === "{" ? 1 : 2;
  await router.until(words, times);
  await router.until("E_RELOAD nothing has changed", times);
  await join();
});

test("reloads that come together are done one after the other", async (t) => {
  const { change, reload } = await start(t, {});
  change({ limits: { session: { maxSubscriptions: 1 } } });
  const outcomes = await Promise.all([reload(), reload(), reload()]);
  expect(outcomes.map(({ stdout }) => stdout).toSorted()).toEqual([
    `${CONFIG}: applied realms[0].limits\n`,
    `${CONFIG}: no changes\n`,
    `${CONFIG}: no changes\n`,
  ]);
});

test("a module is read again", async (t) => {
  const config = (allowed: string) => `export default {
  realms: [{ name: "com.app", authorize: (_who, _action, uri) => uri === "${allowed}" }],
  listeners: [{ type: "websocket", port: 0 }],
};`;
  const { dir, write } = createProject(t, { "wampact.config.mjs": config("com.app.one") });
  const router = await startCliRouter(t, dir);
  const peer = await connectPeer(t, { url: router.url, realm });
  expect(await uriOf(peer.call("com.app.two"))).toBe("wamp.error.not_authorized");
  write("wampact.config.mjs", config("com.app.two"));
  expect((await wampact(dir, ["router", "reload"])).stdout).toBe("wampact.config.mjs: applied realms[0].authorize\n");
  expect(await uriOf(peer.call("com.app.two"))).toBe("wamp.error.no_such_procedure");
});

test("without a router that answers, reload says where it has looked", async (t) => {
  const { dir, write } = createProject(t, { [CONFIG]: JSON.stringify({ realms: [{ name: realm }] }) });
  expect(await wampact(dir, ["router", "reload"])).toEqual({
    stdout: "",
    stderr: `no router answers at ${dir}/.${CONFIG}.sock; start it with wampact router, or pass its socket with --control\n`,
    status: 1,
  });
  write(CONFIG, JSON.stringify({ realms: [{ name: realm }], control: false }));
  expect((await wampact(dir, ["router", "reload"])).stderr).toBe(
    `${CONFIG}: control: is false; send SIGHUP to the router instead\n`,
  );
});

test("a socket that a killed router has left is taken over; one that is in use is not", async (t) => {
  const { router, dir, reload } = await start(t, {});
  const other = await startCliRouter(t, dir);
  await other.until(
    "warning W_NO_CONTROL: wampact router reload cannot reach this router; send SIGHUP to the router instead",
  );
  await endChild(other.child, () => other.signal("SIGKILL"));
  await endChild(router.child, () => router.signal("SIGKILL"));
  expect(readdirSync(dir)).toContain(`.${CONFIG}.sock`);
  await startCliRouter(t, dir);
  expect((await reload()).stdout).toContain("no changes");
});

test("the control socket is where the configuration says, else in XDG_RUNTIME_DIR where its own directory is no place for it", async (t) => {
  const config = { realms: [{ name: realm }], listeners: [{ type: "websocket", port: 0 }] };
  const deep = "x".repeat(90);
  const { dir } = createProject(t, {
    "named.json": JSON.stringify({ ...config, control: "named.sock" }),
    [`${deep}/${CONFIG}`]: JSON.stringify(config),
    "run/here": "",
  });
  await startCliRouter(t, dir, ["--config", "named.json"]);
  expect(readdirSync(dir)).toContain("named.sock");
  expect((await wampact(dir, ["router", "reload", "--config", "named.json"])).status).toBe(0);
  expect((await wampact(dir, ["router", "reload", "--control", "named.sock"])).status).toBe(0);
  const env = { XDG_RUNTIME_DIR: pathOf(dir, "run") };
  await startCliRouter(t, pathOf(dir, deep), [], env);
  expect(readdirSync(env.XDG_RUNTIME_DIR)).toEqual(["here", expect.stringMatching(/^wampact-\w{16}\.sock$/)]);
  expect((await wampact(pathOf(dir, deep), ["router", "reload"], env)).status).toBe(0);
});

test("a reload heeds the flags that the router was started with; a file that is gone changes nothing", async (t) => {
  const config = { realms: [{ name: realm }] };
  const { dir, write } = createProject(t, { [CONFIG]: JSON.stringify(config) });
  const router = await startCliRouter(t, dir, ["--port", "0"]);
  write(CONFIG, JSON.stringify({ ...config, drainMs: 1_000 }));
  expect((await wampact(dir, ["router", "reload"])).stdout).toBe(`${CONFIG}: applied drainMs\n`);
  rmSync(pathOf(dir, CONFIG));
  router.signal("SIGHUP");
  await router.until(`E_RELOAD ${CONFIG}: the file does not exist`);
  await router.until("E_RELOAD nothing has changed");
});
