/** `wampact router` for those who run it: its log, its metrics and its admin listener. */
import { expect, test } from "vitest";
import { startCliRouter, wampact } from "../support/cli.js";
import { connectPeer, createGate, type Finish } from "../support/peers.js";
import { skipOnWindows } from "../support/platform.js";
import { createProject } from "../support/project.js";

const realm = "com.app";
const CONFIG = "wampact.config.json";
const TOKEN = "a-token-of-more-than-16-characters";

function project(t: Finish, settings: object) {
  const text = (changed: object) =>
    JSON.stringify({ realms: [{ name: realm }], listeners: [{ type: "websocket", port: 0 }], ...settings, ...changed });
  const { dir, write } = createProject(t, { [CONFIG]: text({}) });
  return { dir, change: (changed: object) => write(CONFIG, text(changed)) };
}

test("in JSON every line of either stream is an entry of the log, warnings and reloads included", async (t) => {
  skipOnWindows(t, "it has no signals");
  const { dir, change } = project(t, { realms: [{ name: realm, auth: [{ method: "anonymous" }] }] });
  const router = await startCliRouter(t, dir, ["--log-format", "json"]);
  await (await connectPeer(t, { url: router.url, realm })).close();
  await router.until("ended after");
  change({ drainMs: 1_000 });
  await wampact(dir, ["router", "reload"]);
  change({ drainMs: -1 });
  await wampact(dir, ["router", "reload"]);
  router.signal("SIGTERM");
  expect(await router.ended).toBe(0);
  const entries = router
    .output()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly level: number; readonly code?: string; readonly msg: string });
  expect(entries.map(({ level, code, msg }) => [level, code, msg])).toEqual([
    [40, "W_NO_ROLES", expect.stringContaining(`${CONFIG}: realms[0]: every authenticated client`)],
    [30, undefined, `listening on ${router.url}`],
    [30, undefined, expect.stringMatching(/^session \d+ of /)],
    [30, undefined, `${CONFIG}: applied drainMs`],
    [40, "W_NO_ROLES", expect.stringContaining(`${CONFIG}: realms[0]: every authenticated client`)],
    [50, "E_RELOAD", expect.stringContaining(`${CONFIG}: drainMs: expected a non-negative integer`)],
    [50, "E_RELOAD", "nothing has changed; the router keeps its configuration"],
    [30, undefined, "shutting down: pending calls have 1 s to finish; a second signal exits at once"],
    [30, undefined, "closed"],
  ]);
});

test("without a format a configuration logs in JSON where nobody looks, and a router for development in text", async (t) => {
  const { dir } = project(t, {
    listeners: [{ type: "websocket", host: "192.0.2.1", port: 0 }],
    realms: [{ name: realm, open: true }],
  });
  const { stdout, stderr, status } = await wampact(dir, ["router"]);
  expect([stdout, status]).toEqual(["", 2]);
  const codes = stderr
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { code?: string }).code);
  expect(codes).toEqual(["W_OPEN_REALM", "W_NO_LIMITS", "W_NO_TLS", "E_LISTEN"]);
});

test("the level of the log changes by a reload; a flag goes over it", async (t) => {
  const { dir, change } = project(t, { logs: { level: "error" } });
  const router = await startCliRouter(t, dir);
  const [quiet, flagged] = [
    await connectPeer(t, { url: router.url, realm }),
    await startCliRouter(t, dir, ["--log-level", "debug"]),
  ];
  await connectPeer(t, { url: flagged.url, realm });
  await flagged.until(" joined from 127.0.0.1 by anonymous");
  change({ logs: { level: "debug", format: "pino" } });
  expect((await wampact(dir, ["router", "reload"])).stdout).toBe(`${CONFIG}: applied logs.level\n`); // the flag holds for the format
  await connectPeer(t, { url: router.url, realm });
  await router.until(" joined from 127.0.0.1 by anonymous", 1);
  await quiet.close();
});

test("the admin listener tells of health, readiness and metrics, and reloads, for those who have the token", async (t) => {
  skipOnWindows(t, "it has no signals");
  const admin = { port: 0, token: { env: "ADMIN_TOKEN" } };
  const { dir, change } = project(t, { admin, metrics: { process: false } });
  const router = await startCliRouter(t, dir, [], { ADMIN_TOKEN: TOKEN });
  const [url = ""] = /http:\S+/.exec(router.output()) ?? [];
  const headers = { authorization: `Bearer ${TOKEN}` };
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}${path}`, init);
    return [response.status, await response.text()] as const;
  };
  expect(await ask("/healthz")).toEqual([200, "ok\n"]);
  expect(await ask("/readyz")).toEqual([200, "ready\n"]);
  expect((await ask("/metrics"))[0]).toBe(401);
  expect((await ask("/reload", { method: "POST" }))[0]).toBe(401);

  const peer = await connectPeer(t, { url: router.url, realm, reconnect: false, onError: () => {} });
  await peer.register("com.app.echo", ({ args }) => args[0]);
  await peer.call("com.app.echo", [1]);
  const [status, text] = await ask("/metrics", { headers });
  expect(status).toBe(200);
  expect(text).toMatch(/^wampact_\w+\{.*procedure="com\.app\.echo".*\} 1$/m);
  expect(text).not.toContain("process_cpu");

  change({ admin, drainMs: 60_000 });
  const [, applied] = await ask("/reload", { method: "POST", headers });
  expect(JSON.parse(applied)).toMatchObject({ ok: true, applied: ["drainMs"], restart: [] });
  change({ admin, drainMs: "long" });
  const [failed, why] = await ask("/reload", { method: "POST", headers });
  expect([failed, JSON.parse(why)]).toEqual([
    500,
    {
      error: `${CONFIG}: drainMs: expected a non-negative integer, got "long"\nnothing has changed; the router keeps its configuration`,
    },
  ]);

  const [invoked, answer] = [createGate(), createGate()];
  await peer.register("com.app.slow", async () => {
    invoked.open();
    await answer.promise;
  });
  const called = peer.call("com.app.slow");
  await invoked.promise;
  router.signal("SIGTERM");
  await router.until("shutting down: pending calls have 60 s to finish");
  expect(await ask("/readyz")).toEqual([503, "draining\n"]);
  answer.open();
  await called;
  expect(await router.ended).toBe(0);
  expect(router.output()).not.toContain(TOKEN);
});

test.for<readonly [string, object, string]>([
  [
    "a public address without a token",
    { host: "0.0.0.0" },
    'admin.token: "0.0.0.0" is reachable from other machines, so requests need a token; set token to { "env": "NAME" } or { "file": "path" }',
  ],
  [
    "a short token",
    { token: { env: "SHORT" } },
    "admin.token: expected at least 16 characters without white space, got a different text",
  ],
  [
    "a token in the file",
    { token: TOKEN },
    'admin.token: expected { "env": "NAME" } or { "file": "path" }; secrets must not be in a configuration, got a string',
  ],
  ["a listener's port", { port: 8080 }, "admin.port: listeners[0] also uses 8080; change one port"],
])("an admin listener with %s is refused", async ([, admin, words], t) => {
  const { dir } = project(t, { admin, listeners: [{ type: "websocket" }] });
  const { stderr, status } = await wampact(dir, ["router", "check"], { SHORT: "s3cret" });
  expect([stderr, status]).toEqual([`${CONFIG}: ${words}\n`, 1]);
});
