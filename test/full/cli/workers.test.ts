/** `wampact router --workers`: several processes behind one port are one router to clients and to whoever runs it. */
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { Peer } from "wampact/peer";
import { type CliRouter, startCliRouter, wampact } from "../../support/cli.js";
import { startNats } from "../../support/nats.js";
import { connectPeer, createGate, type Finish } from "../../support/peers.js";
import { createProject } from "../../support/project.js";
import { withNats } from "../../support/with-nats.js";

const realm = "com.app";
const CONFIG = "wampact.config.json";
const BASE = { realms: [{ name: realm }], listeners: [{ type: "websocket", port: 0 }], workers: 3 };

async function start(t: Finish, settings: object = {}, env: NodeJS.ProcessEnv = {}) {
  const project = createProject(t, { [CONFIG]: JSON.stringify({ ...BASE, ...settings }) });
  return { ...project, router: await startCliRouter(t, project.dir, [], env) };
}

/** The processes of the workers. */
function workersOf({ pid }: Pick<CliRouter, "pid">): readonly number[] {
  try {
    return execFileSync("pgrep", ["-P", `${pid}`], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map(Number);
  } catch {
    return []; // none
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Clients, as many as there are workers: connections are dealt in turn. */
async function clients(t: Finish, { url }: CliRouter, options: object = {}): Promise<readonly [Peer, Peer, Peer]> {
  const join = () => connectPeer(t, { url, realm, onError: () => {}, ...options });
  return [await join(), await join(), await join()];
}

function adminOf(router: CliRouter): string {
  return /http:\S+/.exec(router.output())?.[0] ?? "";
}

/** The values of a metric by worker. */
async function metric(router: CliRouter, name: string): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${adminOf(router)}/metrics`)).text();
  const samples = [...text.matchAll(new RegExp(`^${name}\\{worker="(\\w+)"[^}]*\\} (\\S+)$`, "gm"))];
  return Object.fromEntries(samples.map(([, worker, value]) => [worker, Number(value)]));
}

test("clients of different workers call each other and hear the same events, and operators see one router", async (t) => {
  const { router, dir } = await start(t, { admin: { port: 0 } });
  expect(router.output()).toContain("3 workers, each a process with a thread of its own");
  const [one, two, three] = await clients(t, router);
  expect(await metric(router, "wampact_connections")).toEqual({ 1: 1, 2: 1, 3: 1 });
  await one.register("com.app.echo", ({ args }) => args[0]);
  expect((await two.call("com.app.echo", ["over"])).args).toEqual(["over"]);
  const heard = createGate<unknown>();
  await three.subscribe("com.app.news", ({ args }) => heard.open(args[0]));
  two.publish("com.app.news", ["new"]);
  expect(await heard.promise).toBe("new");
  expect((await one.call("wamp.session.count")).args).toEqual([3]);
  expect((await fetch(`${adminOf(router)}/readyz`)).status).toBe(200);
  const text = await (await fetch(`${adminOf(router)}/metrics`)).text();
  expect(text).toContain("\nwampact_workers 3\n");
  expect(text.match(/^# TYPE wampact_connections gauge$/gm)).toHaveLength(1);
  expect(text).toMatch(/^process_resident_memory_bytes\{worker="primary"\} \d+$/m);
  const { stdout } = await wampact(dir, ["cluster", "status"]);
  expect(stdout).toMatch(/^worker-1 \(asked\) +\d+ +joined$/m);
  expect(stdout).toMatch(/^worker-3 +\d+ +up +0 bytes$/m);
});

test("a worker is killed under load: every call settles, clients are back, and so are their procedures", async (t) => {
  const { router } = await start(t, { admin: { port: 0 } });
  const all = await clients(t, router);
  for (const [at, peer] of all.entries()) await peer.register(`com.app.echo${at}`, ({ args }) => args[0]);
  let settled = 0;
  let open = 0;
  let calling = true;
  const keepCalling = async (peer: Peer, at: number): Promise<void> => {
    while (calling) {
      open++;
      await peer.call(`com.app.echo${(at + 1) % 3}`, [at]).then(
        ({ args }) => expect(args).toEqual([at]),
        ({ uri }: { uri: string }) => expect(uri).toMatch(/^(wamp|wampact)\./),
      );
      open--;
      settled++;
      await new Promise(setImmediate); // others have their turn where calls fail at once
    }
  };
  const loops = all.flatMap((peer, at) => Array.from({ length: 8 }, () => keepCalling(peer, at)));
  await vi.waitFor(() => expect(settled).toBeGreaterThan(500), 10_000);
  const [first = 0] = workersOf(router);
  process.kill(first, "SIGKILL");
  await router.until("is back");
  expect(router.output()).toMatch(
    new RegExp(`E_WORKER worker \\d: process ${first} has ended by SIGKILL; another one starts`),
  );
  const answered = async (at: number) => (await all[(at + 2) % 3]?.call(`com.app.echo${at}`, [at]))?.args;
  for (const at of [0, 1, 2]) await vi.waitFor(async () => expect(await answered(at)).toEqual([at]), 20_000);
  calling = false;
  await Promise.all(loops);
  expect(open).toBe(0);
  expect(workersOf(router)).toHaveLength(3);
  expect(await metric(router, "wampact_connections")).toMatchObject({ 1: expect.any(Number), 2: expect.any(Number) });
  const text = await (await fetch(`${adminOf(router)}/metrics`)).text();
  expect(text).toContain("\nwampact_workers_replaced_total 1\n");
});

test("SIGTERM lets a call between workers end, and nothing is left", async (t) => {
  const { router } = await start(t, { admin: { port: 0 } });
  const [callee, caller] = await clients(t, router, { reconnect: false });
  const [invoked, answer] = [createGate(), createGate()];
  await callee.register("com.app.slow", async () => {
    invoked.open();
    await answer.promise;
    return "done";
  });
  const called = caller.call("com.app.slow");
  await invoked.promise;
  const workers = workersOf(router);
  const admin = adminOf(router);
  router.signal("SIGTERM");
  await router.until("shutting down: pending calls have 5 s to finish");
  expect((await fetch(`${admin}/readyz`)).status).toBe(503);
  answer.open();
  expect((await called).args).toEqual(["done"]);
  expect(await router.ended).toBe(0);
  expect(workers.filter(isThere)).toEqual([]);
});

test("a second signal ends all at once, and the primary's death ends all", async (t) => {
  const { dir: TMPDIR } = createProject(t, {});
  const { router } = await start(t, { drainMs: 600_000 }, { TMPDIR });
  const [callee, caller] = await clients(t, router, { reconnect: false });
  const invoked = createGate();
  await callee.register("com.app.slow", () => {
    invoked.open();
    return new Promise(() => {});
  });
  const failed = caller.call("com.app.slow").catch(({ uri }: { uri: string }) => uri);
  await invoked.promise;
  const workers = workersOf(router);
  router.signal("SIGINT");
  await router.until("shutting down: pending calls have 600 s to finish");
  router.signal("SIGINT");
  expect(await router.ended).toBe(130);
  expect(router.output()).toContain("W_CUT_SHORT worker ");
  expect(await failed).toMatch(/disconnected|canceled/);
  expect(readdirSync(TMPDIR)).toEqual([]);
  const { router: killed } = await start(t, {}, { TMPDIR });
  const [folder = ""] = readdirSync(TMPDIR);
  expect(statSync(join(TMPDIR, folder)).mode & 0o777).toBe(0o700);
  const all = [...workers, ...workersOf(killed)];
  killed.signal("SIGKILL");
  await killed.ended;
  await vi.waitFor(() => expect(all.filter(isThere)).toEqual([]), 10_000);
  await vi.waitFor(() => expect(readdirSync(TMPDIR)).toEqual([]), 10_000);
});

test("a reload changes all workers, and tells what takes a restart; a worker that starts later has the same", async (t) => {
  const rule = (...allow: string[]) => ({ anonymous: { permissions: [{ uri: "com.app.", match: "prefix", allow }] } });
  const realmOf = (roles: object) => ({ realms: [{ name: realm, roles }] });
  const { router, dir, write } = await start(t, realmOf(rule("call", "register")));
  const all = await clients(t, router);
  await all[0].register("com.app.echo", ({ args }) => args[0]);
  for (const peer of all) expect((await peer.call("com.app.echo", [1])).args).toEqual([1]);
  write(CONFIG, JSON.stringify({ ...BASE, ...realmOf(rule("register")) }));
  const reload = () => wampact(dir, ["router", "reload"]);
  expect((await reload()).stdout).toContain(`${CONFIG}: applied realms[0].roles\n`);
  for (const peer of all)
    await expect(peer.call("com.app.echo", [1])).rejects.toMatchObject({ uri: "wamp.error.not_authorized" });
  write(CONFIG, JSON.stringify({ ...BASE, realms: [{}] }));
  expect((await reload()).stderr).toContain("nothing has changed; the router keeps its configuration");
  write(CONFIG, JSON.stringify({ ...BASE, ...realmOf(rule("register")), workers: 2, agent: "another" }));
  expect((await reload()).stdout).toContain(`${CONFIG}: needs a restart: workers, agent\n`);
  process.kill(workersOf(router)[0] ?? 0, "SIGKILL");
  await router.until("cannot start: wampact.config.json: settings have changed that need a restart of the router: ");
  write(CONFIG, JSON.stringify({ ...BASE, ...realmOf(rule("register")) }));
  await router.until("is back");
});

test("workers that crash again and again are told, and started ever later; the others go on", async (t) => {
  const { dir, write } = createProject(t, {
    "wampact.config.mjs": `import { existsSync } from "node:fs";
      export default {
        ...${JSON.stringify(BASE)},
        onListening() { if (existsSync("crash")) process.exit(3); },
      };`,
  });
  const router = await startCliRouter(t, dir);
  write("crash", "");
  process.kill(workersOf(router)[0] ?? 0, "SIGKILL");
  await router.until("has ended by SIGKILL; another one starts");
  await router.until("has ended by code 3; another one starts in 1 s");
  await router.until("has ended by code 3; another one starts in 2 s");
  await connectPeer(t, { url: router.url, realm });
});

test("a worker that stands still is ended and replaced after 10 s", async (t) => {
  const { router } = await start(t);
  const [still = 0] = workersOf(router);
  process.kill(still, "SIGSTOP");
  await router.until(
    `process ${still} has ended by SIGKILL: it has shown no sign of life for 10 s; another one starts`,
  );
  await router.until("is back");
});

test("an operator ends a worker by its name, and another one takes its place", async (t) => {
  const { router, dir } = await start(t);
  expect((await wampact(dir, ["cluster", "expel", "worker-2"])).status).toBe(0);
  await router.until("has ended by SIGKILL: it was expelled; another one starts");
  await router.until("worker 2: is back");
});

test("Unix sockets of clients are shared, and stale ones taken", async (t) => {
  const settings = { listeners: [{ type: "rawsocket", path: "app.sock" }] };
  const first = await start(t, settings);
  first.router.signal("SIGKILL");
  await first.router.ended;
  const router = await startCliRouter(t, first.dir);
  const [one, two] = await clients(t, router);
  await one.register("com.app.echo", ({ args }) => args[0]);
  expect((await two.call("com.app.echo", [1])).args).toEqual([1]);
});

test("what cannot be is told once, in words, and leaves nothing running", async (t) => {
  const { router, dir } = await start(t);
  const port = new URL(router.url).port;
  const taken = await wampact(createProject(t, {}).dir, ["router", "--port", port, "--workers", "3"]);
  expect(taken.status).toBe(2);
  expect(taken.stderr.match(/the port is in use/g)).toHaveLength(1);
  const { dir: inUse } = createProject(t, {
    [CONFIG]: JSON.stringify({ ...BASE, workers: 2, listeners: [{ type: "websocket", port: Number(port) }] }),
  });
  for (const format of ["json", "text"]) {
    const { status, stderr } = await wampact(inUse, ["router", "--log-format", format]);
    expect([status, stderr.match(/the port is in use/g)], `in a log as ${format}`).toEqual([2, ["the port is in use"]]);
  }
  const refused = async (...args: string[]) => (await wampact(dir, ["router", ...args])).stderr;
  expect(await refused("--workers", "2")).toBe(
    `${CONFIG}: workers: already set in the file; remove --workers, or change the file\n`,
  );
  const lmdb = { realms: [{ name: realm, store: { type: "lmdb", path: "store" } }] };
  const { dir: other } = createProject(t, { [CONFIG]: JSON.stringify({ ...BASE, ...lmdb }) });
  expect((await wampact(other, ["router"])).stderr).toContain("realms[0].store: only one process can use an LMDB file");
});

withNats("with a cluster, the workers join it under names of their own", async (t) => {
  const nats = await startNats(t);
  const { router, dir } = await start(t, { workers: 2, cluster: { type: "nats", servers: nats.url, node: "r1" } });
  const [one, two] = await clients(t, router);
  await one.register("com.app.echo", ({ args }) => args[0]);
  expect((await two.call("com.app.echo", ["over"])).args).toEqual(["over"]);
  const { stdout } = await wampact(dir, ["cluster", "status"]);
  expect(stdout).toMatch(/^r1-1 \(asked\) +1 +joined$/m);
  expect(stdout).toMatch(/^r1-2 +1 +up/m);
});
