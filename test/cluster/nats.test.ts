/** Routers that are one realm over NATS, with a real server. */
import { once } from "node:events";
import { createServer } from "node:net";
import { join as joinPath } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { type NatsClusterOptions, natsCluster } from "wampact/nats";
import type { Peer } from "wampact/peer";
import { createRouter, type Router } from "wampact/router";
import { type NatsServer, startNats, startSmallNats } from "../support/nats.js";
import { connectPeer, failureOf, Inbox } from "../support/peers.js";
import { createProject } from "../support/project.js";
import { REALM } from "../support/raw.js";
import { cert, key } from "../support/tls.js";
import { withNats } from "../support/with-nats.js";

interface Node {
  readonly router: Router;
  readonly url: string;
  join(): Promise<Peer>;
}

async function startNode(t: TestContext, options: NatsClusterOptions): Promise<Node> {
  const faults: unknown[] = [];
  const router = createRouter({
    realms: [{ name: REALM }],
    cluster: natsCluster(options),
    onError: (error) => faults.push(error),
  });
  t.onTestFinished(async () => {
    await router.close({ drainMs: 0 });
    expect(faults.map(String)).toEqual([]);
  });
  const { url } = await router.listen({ port: 0 });
  return { router, url, join: () => connectPeer(t, { url, realm: REALM }) };
}

function startNodes(t: TestContext, { url }: NatsServer, names: readonly string[]): Promise<Node[]> {
  return Promise.all(names.map((node) => startNode(t, { servers: url, node })));
}

withNats(
  "a procedure of one router is called at all, events reach every subscriber, and sessions are those of all",
  async (t) => {
    const nodes = await startNodes(t, await startNats(t), ["a", "b", "c"]);
    const [first, second, third] = (await Promise.all(nodes.map((node) => node.join()))) as [Peer, Peer, Peer];
    await first.register("com.app.echo", ({ args }) => args[0]);
    expect((await second.call("com.app.echo", ["b"])).args).toEqual(["b"]);
    expect((await third.call("com.app.echo", ["c"])).args).toEqual(["c"]);
    const inbox = new Inbox<unknown>();
    await third.subscribe("com.app.", ({ args }) => inbox.push(args[0]), { match: "prefix" });
    for (const number of [1, 2, 3]) await first.publish("com.app.told", [number], { acknowledge: true });
    expect([await inbox.next(), await inbox.next(), await inbox.next()]).toEqual([1, 2, 3]);
    expect((await first.call("wamp.session.count", [])).args).toEqual([3]);
  },
);

withNats(
  "NATS is killed and started again under load: calls wait for it, and nothing is lost or doubled",
  async (t) => {
    const nats = await startNats(t);
    const nodes = await startNodes(t, nats, ["a", "b"]);
    const [callee, caller] = (await Promise.all(nodes.map((node) => node.join()))) as [Peer, Peer];
    const seen: unknown[] = [];
    await callee.register("com.app.count", ({ args }) => void seen.push(args[0]));
    const settled: Promise<unknown>[] = [];
    const call = () => settled.push(caller.call("com.app.count", [settled.length]));
    while (settled.length < 100) call();
    await nats.kill();
    while (settled.length < 200) call();
    await nats.start();
    while (settled.length < 300) call();
    await Promise.all(settled);
    expect(seen).toEqual(Array.from({ length: 300 }, (_, number) => number));
  },
);

withNats(
  "NATS loses its directory: all routers join again, and registrations and subscriptions are there as before",
  async (t) => {
    const nats = await startNats(t);
    const nodes = await startNodes(t, nats, ["a", "b"]);
    const [first, second] = (await Promise.all(nodes.map((node) => node.join()))) as [Peer, Peer];
    await first.register("com.app.echo", ({ args }) => args[0]);
    const inbox = new Inbox<unknown>();
    await second.subscribe("com.app.told", ({ args }) => inbox.push(args[0]));
    await nats.kill();
    nats.forget();
    await nats.start();
    await expect
      .poll(
        () =>
          second.call("com.app.echo", [1]).then(
            ({ args }) => args,
            () => "fails",
          ),
        { timeout: 60_000 },
      )
      .toEqual([1]);
    await second.register("com.app.new", () => "new"); // uniqueness can be known again
    expect((await first.call("com.app.new", [])).args).toEqual(["new"]);
    await first.publish("com.app.told", ["again"], { acknowledge: true });
    expect(await inbox.next()).toBe("again");
  },
);

withNats("a router that closes gives its procedures back at once, and one of its name may start again", async (t) => {
  const nats = await startNats(t);
  const [first, second] = (await startNodes(t, nats, ["a", "b"])) as [Node, Node];
  const here = await second.join();
  const there = await connectPeer(t, { url: first.url, realm: REALM, reconnect: false, onError: () => {} });
  await there.register("com.app.only", () => "there");
  expect((await here.call("com.app.only", [])).args).toEqual(["there"]);
  await first.router.close({ drainMs: 0 });
  await here.register("com.app.only", () => "here");
  const again = await (await startNode(t, { servers: nats.url, node: "a" })).join();
  expect((await again.call("com.app.only", [])).args).toEqual(["here"]);
});

withNats("TLS and a user: routers join with them, and are refused in words without", async (t) => {
  const { dir } = createProject(t, { "cert.pem": cert, "key.pem": key });
  const [certFile, keyFile] = [joinPath(dir, "cert.pem"), joinPath(dir, "key.pem")];
  const args = ["-js", "--user", "router", "--pass", "secret", "--tls", "--tlscert", certFile, "--tlskey", keyFile];
  const nats = await startNats(t, args);
  const tls = { caFile: certFile };
  const credentials = { user: "router", password: "secret" };
  const node = await startNode(t, { servers: nats.url, tls, credentials, node: "a" });
  const peer = await node.join();
  expect((await peer.call("wamp.session.count", [])).args).toEqual([1]);
  expect(await refusal(t, { servers: nats.url, tls, credentials: { user: "router", password: "wrong" } })).toMatch(
    /^Error: NATS at nats:\/\/127\.0\.0\.1:\d+ refuses the credentials: /,
  );
});

withNats("a server without JetStream, and a name that another router has, are refused in words", async (t) => {
  const bare = await startNats(t, []);
  expect(await refusal(t, { servers: bare.url })).toBe(
    `Error: NATS at ${bare.url} has no JetStream: start it with -js`,
  );
  const nats = await startNats(t);
  await startNode(t, { servers: nats.url, node: "a" });
  expect(await refusal(t, { servers: nats.url, node: "a" })).toMatch(/"a"/);
});

withNats("a server that takes only small messages is refused in words", async (t) => {
  const { url } = await startSmallNats(t, 65_536);
  expect(await refusal(t, { servers: url })).toBe(
    `Error: NATS at ${url} takes messages of 65536 bytes: a cluster needs max_payload of 524288 or more`,
  );
});

withNats("a router with more realms than fit into a message is refused in words", async (t) => {
  const { url } = await startSmallNats(t, 524_288);
  const realms = Array.from({ length: 600 }, (_, number) => ({ name: `com.app.realm${number}.${"x".repeat(900)}` }));
  const router = createRouter({ realms, cluster: natsCluster({ servers: url, node: "a" }), onError: () => {} });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  expect(String(await failureOf(router.listen({ port: 0 })))).toMatch(
    /the router "a" cannot join: its names and settings of 600 realms have \d+ bytes, and the directory accepts at most \d+; raise max_payload/,
  );
});

test("an old server is refused in words", async (t) => {
  const info = { server_id: "x", version: "2.9.10", proto: 1, headers: true, jetstream: true, max_payload: 1_048_576 };
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.on("data", (data) => {
      if (String(data).includes("PING")) socket.write("PONG\r\n");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.onTestFinished(() => void server.close());
  const { port } = server.address() as { readonly port: number };
  expect(await refusal(t, { servers: `nats://127.0.0.1:${port}` })).toBe(
    `Error: NATS at nats://127.0.0.1:${port} is NATS 2.9.10: a cluster needs 2.10.23 or newer, since older ones may accept two writes where one must fail`,
  );
});

test.for([
  [
    { servers: "nats://nats.example:4222" },
    /servers: expected a server on this machine, or tls and credentials beside it/,
  ],
  [
    { servers: ["nats://u:p@nats.example"] },
    /servers\[0\]: expected a server on this machine, or tls beside it .* got "nats:\/\/nats\.example"/,
  ],
  [{ servers: "u:p@nats.example" }, /servers: expected a server on this machine, .* got "nats\.example"$/],
  [{ servers: "tls://nats.example" }, /or credentials beside it/],
  [{ servers: "http://127.0.0.1" }, /servers: expected one URL such as nats:\/\/127\.0\.0\.1:4222/],
  [{ servers: [] }, /servers: expected one URL/],
  [{ node: "a.b" }, /node: expected 1 to 64 of the characters A-Z a-z 0-9 _ -, other than "all", got "a\.b"/],
  [{ node: "all" }, /node: expected 1 to 64/],
  [{ name: "" }, /name: expected 1 to 64/],
  [{ replicas: 2 }, /replicas: expected 1, 3 or 5, got 2/],
  [{ credentials: { user: "a" } }, /credentials: expected \{ file \}, \{ nkeySeed \}/],
  [{ tls: { ca: "x" } }, /tls: expected an object with caFile/],
  [{ server: "x" }, /natsCluster\.server: unknown option; did you mean "servers"/],
] as const)("natsCluster(%j) is refused in words", ([options, words]) => {
  expect(() => natsCluster(options as NatsClusterOptions)).toThrow(words);
});

test("a server beyond this machine is taken with TLS and credentials, or where it is called insecure", () => {
  natsCluster({ servers: "tls://user:password@nats.example" });
  natsCluster({ servers: "nats.example:4222", tls: {}, credentials: { token: "t" } });
  natsCluster({ servers: "nats://nats.example", insecure: true });
});

/** Why a router cannot join. */
async function refusal(t: TestContext, options: NatsClusterOptions): Promise<string> {
  const router = createRouter({ realms: [{ name: REALM }], cluster: natsCluster(options), onError: () => {} });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  return String(await failureOf(router.listen({ port: 0 })));
}
