/** A router that does not reach NATS for longer than its lease: what its clients and its operators see. */
import { expect, type TestContext } from "vitest";
import { httpBridge, longPoll } from "wampact/http";
import { natsCluster } from "wampact/nats";
import { createLog, type LogRecord, startAdmin } from "wampact/operations";
import { createRouter, universal } from "wampact/router";
import { post } from "../support/http.js";
import { startNats } from "../support/nats.js";
import { connectPeer, failureOf, watchStates } from "../support/peers.js";
import { startProxy } from "../support/proxy.js";
import { REALM } from "../support/raw.js";
import { withNats } from "../support/with-nats.js";

async function startRouter(t: TestContext, servers: string, isolated: "serve" | "close") {
  const refused = new Set<string>();
  const router = createRouter({
    realms: [{ name: REALM }],
    cluster: natsCluster({ servers, node: "a", leaseMs: 1_500, isolated }),
    onError: () => {},
    observer: (event) => {
      if (event.type === "refused") refused.add(`${event.info.kind}: ${event.why}`);
    },
  });
  const admin = await startAdmin({ router });
  t.onTestFinished(async () => {
    await router.close({ drainMs: 0 });
    await admin.close();
  });
  const ready = async () => {
    const response = await fetch(`${admin.url}/readyz`);
    return [response.status, await response.text()];
  };
  return { router, ready, refused };
}

const isOf = (state: string) => ({ timeout: 60_000, interval: 50, message: `the router is ${state}` });

withNats(
  "serve: local calls go on and it stays ready; REGISTER is refused, and taken again when NATS is back",
  async (t) => {
    const nats = await startNats(t);
    const { router, ready } = await startRouter(t, nats.url, "serve");
    expect(router.status().cluster).toMatchObject({ node: "a", state: "joining", incarnation: 0 });
    expect(await ready()).toEqual([503, "joining the cluster\n"]);
    const { url } = await router.listen({ port: 0 });
    const peer = await connectPeer(t, { url });
    await peer.register("com.app.echo", ({ args }) => args[0]);
    await nats.kill();
    await expect.poll(() => router.status().cluster?.state, isOf("isolated")).toBe("isolated");
    expect((await peer.call("com.app.echo", [1])).args).toEqual([1]);
    expect(String(await failureOf(peer.register("com.app.other", () => 1)))).toContain("cut off from the others");
    expect(await ready()).toEqual([200, "ready\n"]);
    await nats.start();
    await expect.poll(() => router.status().cluster?.state, isOf("back")).toBe("joined");
    await peer.register("com.app.other", () => 2);
    expect((await peer.call("com.app.other", [])).args).toEqual([2]);
  },
);

withNats("close: its clients are ended and it takes none, and says why, until NATS is back", async (t) => {
  const nats = await startNats(t);
  const { router, ready, refused } = await startRouter(t, nats.url, "close");
  const { port } = await router.listen(universal({ websocket: { http: [httpBridge(), longPoll()] } }));
  const [address, url] = [`http://127.0.0.1:${port}`, `ws://127.0.0.1:${port}/ws`];
  const peer = await connectPeer(t, { url, onError: () => {} });
  await peer.register("com.app.echo", ({ args }) => args[0]);
  const { until } = watchStates(peer);
  await nats.kill();
  await until("waiting");
  expect(await ready()).toEqual([503, "disconnected from the cluster\n"]);
  expect(router.stats(REALM).sessions).toBe(0);
  const why = "the router is cut off from its cluster";
  const answers = [
    await post(`${address}/api/${REALM}/call/com.app.echo`),
    await post(`${address}/lp/open`, { protocols: ["wamp.2.json"] }),
  ];
  for (const answer of answers) expect(answer).toMatchObject({ status: 503 });
  expect(JSON.stringify(answers[0])).toContain(why);
  await failureOf(connectPeer(t, { url: `rs://127.0.0.1:${port}`, reconnect: false }));
  await failureOf(connectPeer(t, { url, reconnect: false }));
  expect([...refused].sort()).toEqual([
    `http: wamp.error.unavailable: ${why}`,
    `longpoll: ${why}`,
    `rawsocket: ${why}`,
    `websocket: ${why}`,
  ]);
  await nats.start();
  await until("ready");
  expect(await ready()).toEqual([200, "ready\n"]);
  expect((await peer.call("com.app.echo", [1])).args).toEqual([1]);
});

withNats("each router says what becomes of the cluster, to observers and in its log", async (t) => {
  const nats = await startNats(t);
  const line = await startProxy(t, `ws://127.0.0.1:${nats.port}/`);
  const start = async (node: string, servers: string) => {
    const records: LogRecord[] = [];
    const changes: string[] = [];
    const log = await createLog({ onLog: (record) => void records.push(record) });
    const router = createRouter({
      realms: [{ name: REALM }],
      cluster: natsCluster({ servers, node, leaseMs: 1_500, isolated: "close" }),
      onError: () => {},
      observer: [
        (event) => {
          if (event.type === "cluster") changes.push(`${event.router} ${event.change}`);
          if (event.type === "left") changes.push(`session: ${event.message}`);
        },
        log.observer,
      ],
    });
    t.onTestFinished(() => router.close({ drainMs: 0 }));
    const { url } = await router.listen({ port: 0 });
    return { router, url, records, changes };
  };
  const a = await start("a", nats.url);
  const b = await start("b", line.url.replace("ws:", "nats:"));
  await connectPeer(t, { url: b.url, onError: () => {} });
  line.hold();
  await expect.poll(() => a.changes, isOf("expelled")).toEqual(["a joined", "b arrived", "b silent", "b expelled"]);
  await expect.poll(() => b.changes, isOf("isolated")).toContain("b isolated");
  line.release();
  await expect.poll(() => a.changes.at(-1), isOf("back")).toBe("b arrived");
  const ofItself = () => b.changes.filter((change) => !change.startsWith("a "));
  await expect.poll(() => ofItself().at(-1), isOf("back")).toBe("b joined");
  expect(ofItself().slice(0, 3)).toEqual(["b joined", "b isolated", "session: the router is cut off from its cluster"]); // it may be back for a moment before it learns that it was expelled
  await b.router.close({ drainMs: 0 });
  await expect.poll(() => a.changes.at(-1), isOf("gone")).toBe("b departed");
  const told = a.records
    .map(({ code, message }) => `${code ?? ""} ${message}`)
    .filter((text) => !text.includes("listen"));
  expect(told).toEqual([
    ' this router, "a", has joined the cluster',
    ' the router "b" has joined the cluster',
    'W_ROUTER_SILENT the router "b" shows no sign of life',
    'W_ROUTER_EXPELLED the router "b" was expelled from the cluster, and its sessions are gone',
    ' the router "b" has joined the cluster',
    ' the router "b" has left the cluster',
  ]);
  expect(b.records.find(({ code }) => code === "W_ISOLATED")?.message).toBe(
    'this router, "b", is isolated: it cannot reach the other routers of the cluster, or they have expelled it',
  );
});
