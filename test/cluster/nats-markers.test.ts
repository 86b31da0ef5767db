/** The markers of deleted keys in the directory on NATS, with a real server. */
import { writeFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { type JetStreamManager, jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect as connectNats } from "@nats-io/transport-node";
import { expect, type TestContext } from "vitest";
import { natsCluster } from "wampact/nats";
import { createRouter } from "wampact/router";
import { Conflict } from "../../src/cluster/engine.js";
import { Bucket } from "../../src/cluster/nats/bucket.js";
import { natsSettings } from "../../src/cluster/nats/options.js";
import { loadNats } from "../../src/cluster/nats/packages.js";
import { freePort } from "../support/empty-folder.js";
import { manage } from "../support/kept-events.js";
import { type NatsServer, startNats } from "../support/nats.js";
import { connectPeer, failureOf } from "../support/peers.js";
import { createProject } from "../support/project.js";
import { REALM } from "../support/raw.js";
import { withNats } from "../support/with-nats.js";

const STREAM = "KV_wampact_wampact";

interface Started {
  readonly faults: readonly string[];
  /** Registers a procedure and takes it back. */
  registerAndUnregister(): Promise<void>;
}

async function startNode(t: TestContext, { url }: NatsServer): Promise<Started> {
  const faults: string[] = [];
  const cluster = natsCluster({ servers: url, node: "a" });
  const router = createRouter({
    realms: [{ name: REALM }],
    cluster,
    onError: (error) => void faults.push(String(error)),
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const listening = await router.listen({ port: 0 });
  const peer = await connectPeer(t, { url: listening.url, realm: REALM });
  return {
    faults,
    async registerAndUnregister() {
      const registration = await peer.register("com.app.echo", ({ args }) => args[0]);
      await registration.unregister();
    },
  };
}

/** How long the markers of registrations last, as NATS was told. */
async function lifetimes(manager: JetStreamManager): Promise<readonly string[]> {
  const { state } = await manager.streams.info(STREAM, { subjects_filter: "$KV.wampact_wampact.r.>" });
  const keys = Object.keys(state.subjects ?? {});
  const last = await Promise.all(keys.map((key) => manager.streams.getMessage(STREAM, { last_by_subj: key })));
  return last.map((message) => `${message?.header.get("KV-Operation")} ${message?.header.get("Nats-TTL")}`);
}

withNats("the marker of a registration that was taken back expires an hour later", async (t) => {
  const nats = await startNats(t);
  const node = await startNode(t, nats);
  await node.registerAndUnregister();
  const manager = await manage(t, nats);
  await expect.poll(() => lifetimes(manager)).toEqual(["DEL 3600s"]);
  expect(node.faults).toEqual([]);
});

withNats("a directory that an older release has created lets its markers expire from now on", async (t) => {
  const nats = await startNats(t);
  const manager = await manage(t, nats);
  const connection = await connectNats({ servers: nats.url });
  t.onTestFinished(() => connection.close());
  await new Kvm(jetstream(connection)).create("wampact_wampact", { history: 1 });
  expect((await manager.streams.info(STREAM)).config.allow_msg_ttl ?? false).toBe(false);
  const node = await startNode(t, nats);
  await node.registerAndUnregister();
  await expect.poll(() => lifetimes(manager)).toEqual(["DEL 3600s"]);
});

withNats("a router that may not change the directory says so once, and its markers remain", async (t) => {
  const { dir } = createProject(t, {});
  const port = await freePort();
  writeFileSync(
    joinPath(dir, "nats.conf"),
    `jetstream { store_dir: "${dir}/data" }
    no_auth_user: router
    authorization { users: [
      { user: admin, password: secret }
      { user: router, password: secret, permissions: { publish: { deny: "$JS.API.STREAM.UPDATE.>" } } }
    ] }`,
  );
  const nats = await startNats(t, ["--config", joinPath(dir, "nats.conf")], { port });
  const node = await startNode(t, nats);
  await node.registerAndUnregister();
  await node.registerAndUnregister();
  const manager = await manage(t, nats);
  await expect.poll(() => lifetimes(manager)).toEqual(["DEL "]);
  await nats.kill(); // after which the directory is watched anew
  await nats.start();
  await node.registerAndUnregister();
  expect(node.faults.filter((fault) => fault.includes("marker"))).toEqual([
    expect.stringMatching(
      /NATS keeps a marker of each deleted key of "KV_wampact_wampact" for good: .*; let this router publish to \$JS\.API\.STREAM\.UPDATE\.KV_wampact_wampact/,
    ),
  ]);
  expect(node.faults.filter((fault) => fault.includes("UPDATE")).length).toBeLessThanOrEqual(2); // with the client's own
});

withNats("a marker that has expired leaves nothing, and its key can be written again", async (t) => {
  const nats = await startNats(t);
  const settings = natsSettings({ servers: nats.url });
  const connection = await connectNats({ servers: nats.url });
  t.onTestFinished(() => connection.close());
  const changes: string[] = [];
  const bucket = new Bucket({
    connection,
    packages: await loadNats(),
    settings,
    changed: (key, value) => void changes.push(`${key} = ${value}`),
    report: (error) => expect.unreachable(String(error)),
    markerSeconds: 1,
  });
  await bucket.open();
  t.onTestFinished(() => bucket.close());
  const revision = await bucket.write("r.one", "1", 0);
  await bucket.write("r.one", undefined, revision);
  const manager = await manage(t, nats);
  const subjects = async () =>
    (await manager.streams.info(STREAM, { subjects_filter: "$KV.*.r.*" })).state.subjects ?? {};
  await expect.poll(subjects, { timeout: 20_000 }).toEqual({});
  expect(await failureOf(bucket.write("r.one", "2", revision))).toBeInstanceOf(Conflict);
  await bucket.write("r.one", "2", 0);
  await expect.poll(() => changes).toEqual(["r.one = 1", "r.one = undefined", "r.one = 2"]);
});
