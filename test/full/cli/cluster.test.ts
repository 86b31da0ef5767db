/** `wampact router` with a cluster: what the file and the command line say, and what operators see. */
import { connect as connectNats } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import type { Peer } from "wampact/peer";
import { startCliRouter, wampact } from "../../support/cli.js";
import { startNats } from "../../support/nats.js";
import { connectPeer, type Finish, Inbox } from "../../support/peers.js";
import { createProject } from "../../support/project.js";
import { withNats } from "../../support/with-nats.js";

const realm = "com.app";
const CONFIG = "wampact.config.json";

function project(t: Finish, settings: object) {
  return createProject(t, {
    [CONFIG]: JSON.stringify({ realms: [{ name: realm }], listeners: [{ type: "websocket", port: 0 }], ...settings }),
    "router.creds": "creds",
  });
}

withNats("two routers by flags and by a file are one realm, and each says with whom", async (t) => {
  const nats = await startNats(t, ["-js", "--user", "router", "--pass", "secret"]);
  const cluster = {
    type: "nats",
    servers: nats.url,
    node: { env: "NODE" },
    credentials: { user: "router", password: { env: "PASSWORD" } },
  };
  const admin = { port: 0 };
  const { dir } = project(t, { cluster, admin });
  const env = { NODE: "r1", PASSWORD: "secret", SERVERS: nats.url.replace("//", "//router:secret@") };
  const first = await startCliRouter(t, dir, [], env);
  expect(first.output()).toContain(`the router "r1" of the cluster "wampact" on NATS at ${nats.url}, the first router`);
  const other = project(t, { cluster: { type: "nats", servers: { env: "SERVERS" } }, admin });
  const second = await startCliRouter(t, other.dir, ["--node", "r2"], env);
  expect(second.output()).toContain('the router "r2" of the cluster "wampact" on NATS at $SERVERS, with r1');
  const [here, there] = await Promise.all([first, second].map(({ url }) => connectPeer(t, { url, realm })));
  await here?.register("com.app.echo", ({ args }) => args[0]);
  expect((await there?.call("com.app.echo", ["over"]))?.args).toEqual(["over"]);
  const adminUrl = /http:\S+/.exec(second.output())?.[0];
  expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200);
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  expect(metrics).toContain("\nwampact_cluster_peers 1\n");
  expect(metrics).toContain("\nwampact_cluster_isolated 0\n");
  expect(metrics).toMatch(/\nwampact_cluster_unacknowledged_bytes\{node="r1"\} \d+\n/);
  expect(metrics).toMatch(/\nwampact_cluster_directory_revision [1-9]\d*\n/);
});

withNats("a router for development joins by --cluster; one that cannot join says why, and exits with 2", async (t) => {
  const nats = await startNats(t);
  const { dir } = createProject(t, {});
  const router = await startCliRouter(t, dir, ["--port", "0", "--cluster", nats.url, "--node", "r1"]);
  expect(router.output()).toContain('the router "r1" of the cluster');
  const { stderr, status } = await wampact(dir, ["router", "--port", "0", "--cluster", nats.url, "--node", "r1"]);
  expect([stderr, status]).toEqual([
    'another router of this cluster runs under the name "r1"; give each router a name of its own\n',
    2,
  ]);
});

test("a router whose NATS is not there names the setting, not its listener", async (t) => {
  const cluster = { type: "nats", servers: "nats://nats.invalid:4222", insecure: true };
  const { dir } = project(t, { cluster });
  const { stderr, status } = await wampact(dir, ["router", "--log-format", "text"]);
  expect(stderr).toMatch(/^wampact\.config\.json: cluster: cannot reach NATS at nats:\/\/nats\.invalid:4222: /m);
  expect(stderr).not.toContain("listeners[0]");
  expect(status).toBe(2);
});

withNats(
  "wampact cluster status shows the other routers, and expel frees what one that stands still holds",
  async (t) => {
    const nats = await startNats(t);
    const start = async (node: string) => {
      const { dir } = project(t, { cluster: { type: "nats", servers: nats.url, node, leaseMs: 60_000 } });
      return { dir, router: await startCliRouter(t, dir) };
    };
    const [here, there] = [await start("r1"), await start("r2")];
    const holder = await connectPeer(t, { url: there.router.url, realm, reconnect: false, onError: () => {} });
    await holder.register("com.app.only", () => "there");
    const { stdout } = await wampact(here.dir, ["cluster", "status"]);
    expect(stdout).toMatch(/^r1 \(asked\) +1 +joined$/m);
    expect(stdout).toMatch(/^r2 +1 +up +\d+ bytes$/m);
    const stranger = await connectNats({ servers: nats.url });
    t.onTestFinished(() => stranger.close());
    for (const to of ["r1", "r1"]) stranger.publish(`wampact.wampact.${to}.r2`, "junk");
    const shown = async () => (await wampact(here.dir, ["cluster", "status"])).stdout;
    await expect.poll(shown, { timeout: 20_000 }).toMatch(/^2 messages that no router has sent were ignored; /m);
    expect((await wampact(here.dir, ["cluster", "expel", "r3"])).stderr).toBe(
      'unknown router "r3"; the other routers are: r2\n',
    );
    there.router.signal("SIGSTOP");
    expect(await wampact(here.dir, ["cluster", "expel", "r2"])).toMatchObject({ status: 0, stderr: "" });
    const peer = await connectPeer(t, { url: here.router.url, realm });
    await peer.register("com.app.only", () => "here");
    expect((await peer.call("com.app.only", [])).args).toEqual(["here"]);
    there.router.signal("SIGCONT");
    const told = async () => JSON.parse((await wampact(here.dir, ["cluster", "status", "--json"])).stdout);
    await expect.poll(told, { timeout: 20_000 }).toMatchObject({ peers: [{ node: "r2", incarnation: 2 }] });
  },
);

test("wampact cluster says where there is no router, and none with a cluster", async (t) => {
  const { dir } = project(t, {});
  expect((await wampact(dir, ["cluster", "status"])).stderr).toContain("no router answers at");
  await startCliRouter(t, dir);
  expect((await wampact(dir, ["cluster", "status"])).stderr).toContain("the router is not in a cluster");
  expect((await wampact(dir, ["cluster", "expel", "r2"])).stderr).toContain("the router is not in a cluster");
});

withNats("two routers by files keep events in one store, and are warned of nothing", async (t) => {
  const nats = await startNats(t);
  const realms = [
    { name: realm, store: { type: "nats", maxHistoryBytes: 1_000_000 }, history: [{ topic: "com.app.told" }] },
  ];
  const projects = ["r1", "r2"].map((node) =>
    project(t, { realms, cluster: { type: "nats", servers: nats.url, node } }),
  );
  const routers = await Promise.all(projects.map(({ dir }) => startCliRouter(t, dir)));
  const [here, there] = (await Promise.all(routers.map(({ url }) => connectPeer(t, { url, realm })))) as [Peer, Peer];
  await here.publish("com.app.told", ["kept"], {}, { retain: true, acknowledge: true });
  const inbox = new Inbox<unknown>();
  await there.subscribe("com.app.told", ({ args }) => inbox.push(args[0]), { getRetained: true });
  expect(await inbox.next()).toBe("kept");
  const [id] = (await there.call("wamp.subscription.lookup", ["com.app.told"])).args;
  expect((await there.call("wamp.subscription.get_events", [id])).args).toMatchObject([{ args: ["kept"] }]);
  for (const router of routers) expect(router.output()).not.toContain("W_");
  const { stdout } = await wampact(projects[0]?.dir ?? "", ["router", "check"]);
  expect(stdout).not.toContain("W_STORE_PER_ROUTER");
});

test("explain shows the cluster with its defaults and no secret", async (t) => {
  const { dir } = project(t, {
    cluster: { type: "nats", node: "r1", credentials: { user: "router", password: { env: "PASSWORD" } } },
  });
  const { stdout } = await wampact(dir, ["router", "explain"], { PASSWORD: "secret" });
  expect(stdout).toMatch(/^cluster\.servers +"nats:\/\/127\.0\.0\.1:4222" {2}\(default\)$/m);
  expect(stdout).toMatch(/^cluster\.credentials\.password +the environment variable PASSWORD$/m);
  expect(stdout).toMatch(/^cluster\.isolated +"serve" {2}\(default\)$/m);
  expect(stdout).not.toContain("secret");
});

test("check warns of what only one router would have, and of who could pass for a router", async (t) => {
  const { dir } = project(t, {
    realms: [{ name: realm, store: { type: "memory" } }],
    cluster: { type: "nats", servers: "nats://nats.example", insecure: true, credentials: { file: "router.creds" } },
  });
  const { stdout, status } = await wampact(dir, ["router", "check"]);
  expect(status).toBe(0);
  expect(stdout).toContain(`warning W_INSECURE_CLUSTER: ${CONFIG}: cluster.insecure: `);
  expect(stdout).toContain(`warning W_STORE_PER_ROUTER: ${CONFIG}: realms[0].store: `);
  expect(stdout).toContain(`warning W_READABLE_SECRET: ${CONFIG}: cluster.credentials: `);
});

test.for([
  [{ type: "redis" }, /cluster\.type: expected "nats", got "redis"/],
  [{ type: "nats", servers: "nats://nats.example" }, /cluster\.servers: expected a server on this machine, or tls and/],
  [{ type: "nats", servers: "nats://u:p@127.0.0.1" }, /cluster\.servers: a URL with a user does not belong/],
  [{ type: "nats", servers: "http://127.0.0.1" }, /cluster\.servers: expected one URL/],
  [
    { type: "nats", servers: { env: "NOT_THERE" } },
    /cluster\.servers: the environment variable "NOT_THERE" is not set/,
  ],
  [{ type: "nats", node: "a.b" }, /cluster\.node: expected 1 to 64/],
  [{ type: "nats", replicas: 2 }, /cluster\.replicas: expected 1, 3 or 5, got 2/],
  [{ type: "nats", leaseMs: 10 }, /cluster\.leaseMs: expected an integer from 1500 to 600000, got 10/],
  [
    { type: "nats", credentials: { file: "none.creds" } },
    /cluster\.credentials\.file: the file "none\.creds" does not exist/,
  ],
  [{ type: "nats", tls: { caFile: "none.pem" } }, /cluster\.tls\.caFile: the file "none\.pem" does not exist/],
  [
    { type: "nats", credentials: { token: "plain" } },
    /cluster\.credentials\.token: expected \{ "env": "NAME" \} or \{ "file": "path" \}; secrets must not be in a configuration/,
  ],
] as const)("the cluster %j is refused in words", async ([cluster, words], t) => {
  const { dir } = project(t, { cluster });
  const { stderr, status } = await wampact(dir, ["router", "check"]);
  expect(stderr).toMatch(words);
  expect(stderr).not.toContain("plain");
  expect(status).toBe(1);
});

test("flags that contradict the file, or name a node of no cluster, are refused in words", async (t) => {
  const { dir } = project(t, { cluster: { type: "nats", node: "r1" } });
  for (const args of [
    ["--cluster", "nats://127.0.0.1"],
    ["--node", "r2"],
  ]) {
    const { stderr, status } = await wampact(dir, ["router", ...args]);
    expect(stderr).toContain(`already set in the file; remove ${args[0]},`);
    expect(status).toBe(1);
  }
  const alone = await wampact(project(t, {}).dir, ["router", "--node", "r2"]);
  expect(alone.stderr).toContain("needs a cluster; set one with --cluster nats://127.0.0.1:4222");
});
