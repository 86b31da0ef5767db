/** A router that finds values in the directory, and gets messages of NATS, that no router has sent. */
import { randomBytes } from "node:crypto";
import { type JetStreamClient, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect as connectNats, type NatsConnection } from "@nats-io/transport-node";
import { expect, type TestContext } from "vitest";
import { natsCluster } from "wampact/nats";
import type { Peer } from "wampact/peer";
import { createRouter, type Router } from "wampact/router";
import { encodeParcel, KINDS } from "../../src/cluster/parcel.js";
import { registrationKey } from "../../src/cluster/record.js";
import { type NatsServer, startNats, startSmallNats } from "../support/nats.js";
import { connectPeer, failureOf, Inbox } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import { withNats } from "../support/with-nats.js";

class Node {
  readonly router: Router;
  readonly faults: string[] = [];
  readonly #t: TestContext;
  #url = "";

  constructor(t: TestContext, servers: string, node: string) {
    this.#t = t;
    this.router = createRouter({
      realms: [{ name: REALM }],
      cluster: natsCluster({ servers, node }),
      onError: (error) => void this.faults.push(String(error)),
    });
    t.onTestFinished(() => this.router.close({ drainMs: 0 }));
  }

  async listen(): Promise<this> {
    this.#url = (await this.router.listen({ port: 0 })).url;
    return this;
  }

  join(): Promise<Peer> {
    return connectPeer(this.#t, { url: this.#url, realm: REALM });
  }
}

/** A NATS server, and a program that may write everything there. */
async function startStranger(
  t: TestContext,
  nats: Promise<NatsServer> = startNats(t),
): Promise<{ readonly url: string; readonly stranger: Stranger }> {
  const { url } = await nats;
  const connection = await connectNats({ servers: url });
  t.onTestFinished(() => connection.close());
  return { url, stranger: new Stranger(connection) };
}

class Stranger {
  readonly connection: NatsConnection;
  readonly #js: JetStreamClient;

  constructor(connection: NatsConnection) {
    this.connection = connection;
    this.#js = jetstream(connection);
  }

  async write(key: string, value: string): Promise<void> {
    await this.#js.publish(`$KV.wampact_wampact.${key}`, value);
  }
}

const keyOf = (uri: string) => registrationKey(REALM, "exact", uri);
const recordOf = (uri: string) => ({ realm: REALM, match: "exact", uri, invoke: "single", id: 5, created: 1 });

withNats("a value that is no registration is reported in words, and overwritten by the next REGISTER", async (t) => {
  const { url, stranger } = await startStranger(t);
  const node = await new Node(t, url, "a").listen();
  const [callee, caller] = await Promise.all([node.join(), node.join()]);
  const values: readonly (readonly [uri: string, value: string])[] = [
    ["com.app.text", "not JSON"],
    ["com.app.nothing", "{}"],
    ["com.app.no-uri", JSON.stringify({ ...recordOf("com.app.no-uri"), uri: undefined, callees: [] })],
    ["com.app.callees", JSON.stringify({ ...recordOf("com.app.callees"), callees: [7, null, ["a"]] })],
    ["com.app.match", JSON.stringify({ ...recordOf("com.app.match"), match: "sideways", callees: [] })],
    ["com.app.invoke", JSON.stringify({ ...recordOf("com.app.invoke"), invoke: "eleventh", callees: [] })],
    ["com.app.other-key", JSON.stringify({ ...recordOf("com.app.another"), callees: [] })],
  ];
  for (const [uri, value] of values) await stranger.write(keyOf(uri), value);
  for (const [uri] of values) {
    await callee.register(uri, () => uri);
    expect((await caller.call(uri, [])).args).toEqual([uri]);
  }
  expect(node.faults).toEqual(
    values.map(
      ([uri, value]) =>
        `TypeError: the directory has a value under ${keyOf(uri)} that no router has written, and it is ignored: ${value}`,
    ),
  );
});

withNats("a registration that is overwritten with another value is written again, and can be ended", async (t) => {
  const { url, stranger } = await startStranger(t);
  const [first, second] = await Promise.all(["a", "b"].map((name) => new Node(t, url, name).listen()));
  const [callee, caller] = await Promise.all([(first as Node).join(), (second as Node).join()]);
  const registration = await callee.register("com.app.echo", ({ args }) => args[0]);
  await stranger.write(keyOf("com.app.echo"), "garbage");
  await expect.poll(() => second?.faults.length).toBe(1);
  await callee.register("com.app.later", () => "later"); // by then, all that came before is carried out
  expect((await caller.call("com.app.echo", [1])).args).toEqual([1]);
  await registration.unregister();
  await caller.register("com.app.echo", () => "other");
  expect((await callee.call("com.app.echo", [])).args).toEqual(["other"]);
});

withNats(
  "a share that makes a registration too large for NATS is refused in words, and the router goes on",
  async (t) => {
    const most = 524_288;
    const { url, stranger } = await startStranger(t, startSmallNats(t, most));
    const node = await new Node(t, url, "a").listen();
    const hello = { protocol: 1, version: "1", realms: [REALM], settings: '{"":{"leaseMs":6000}}' };
    const other = "x".repeat(64);
    await stranger.write(`node.${other}`, JSON.stringify({ incarnation: 1, state: "live", hello }));
    const record = { ...recordOf("com.app.shared"), invoke: "roundrobin" };
    const share = [other, 1, 2 ** 53, 0, 2 ** 53];
    const callees = Array.from({ length: Math.floor((most - 200) / (JSON.stringify(share).length + 1)) }, () => share);
    await stranger.write(keyOf("com.app.shared"), JSON.stringify({ ...record, callees }));
    const peer = await node.join();
    const failure = await failureOf(peer.register("com.app.shared", () => 1, { invoke: "roundrobin" }));
    expect(failure).toMatchObject({ uri: "wamp.error.invalid_argument" });
    expect(String(failure)).toMatch(/its record would have \d+ bytes, and the directory accepts at most \d+/);
    await peer.register("com.app.echo", ({ args }) => args[0]);
    expect((await peer.call("com.app.echo", [1])).args).toEqual([1]);
  },
);

withNats(
  "a value that is no node is reported, stops no router from joining, and a router takes its name back",
  async (t) => {
    const { url, stranger } = await startStranger(t);
    const first = await new Node(t, url, "a").listen();
    const hello = { protocol: 1, version: "1", realms: [REALM], settings: "" };
    const values: readonly (readonly [key: string, value: string])[] = [
      ["node.x", "garbage"],
      ["node.x", JSON.stringify({ incarnation: 1, state: "live" })],
      ["node.x", JSON.stringify({ incarnation: 1, state: "live", hello: { ...hello, realms: REALM } })],
      ["node.x", JSON.stringify({ incarnation: 1, state: "live", hello: { ...hello, settings: "{" } })],
      ["node.x", JSON.stringify({ incarnation: 1, state: "expelled", by: 7, hello })],
      ["node.b", JSON.stringify({ incarnation: 2 ** 40, state: "gone", hello })],
    ];
    for (const [at, [key, value]] of values.entries()) {
      await stranger.write(key, value);
      await expect.poll(() => first.faults.length).toBe(at + 1); // the bucket only has the last value of a key
    }
    const second = await new Node(t, url, "b").listen();
    await stranger.write("node.a", "garbage");
    await expect.poll(() => first.router.status().cluster).toMatchObject({ state: "joined", incarnation: 2 });
    await expect.poll(() => second.router.status().cluster?.peers).toMatchObject([{ node: "a", incarnation: 2 }]);
    const [callee, caller] = await Promise.all([first.join(), second.join()]);
    await callee.register("com.app.echo", ({ args }) => args[0]);
    expect((await caller.call("com.app.echo", [1])).args).toEqual([1]);
    expect(first.faults).toEqual(
      [...values, ["node.a", "garbage"] as const].map(
        ([key, value]) =>
          `TypeError: the directory has a value under ${key} that no router has written, and it is ignored: ${value}`,
      ),
    );
  },
);

withNats(
  "a bucket that would lose registrations is refused in words, and one with harmless settings is taken",
  async (t) => {
    const { url, stranger } = await startStranger(t);
    const { streams } = await jetstreamManager(stranger.connection);
    const name = "KV_wampact_wampact";
    const made = { name, subjects: ["$KV.wampact_wampact.>"], max_msgs_per_subject: 1, allow_direct: true };
    const refused: readonly (readonly [settings: object, shown: string])[] = [
      [{ max_age: 3_000_000_000 }, "max_age 3000000000"],
      [{ max_bytes: 2_000, discard: "old" }, "max_bytes 2000"],
      [{ max_msgs: 10, discard: "old", max_msg_size: 200 }, "max_msgs 10, max_msg_size 200"],
      [{ subjects: ["$KV.wampact_wampact.*"] }, 'subjects ["$KV.wampact_wampact.*"]'],
    ];
    for (const [settings, shown] of refused) {
      await streams.add({ ...made, ...settings });
      const failure = await failureOf(new Node(t, url, "a").listen());
      expect(String(failure)).toBe(
        `Error: NATS at ${url}: the stream "${name}" cannot be the directory of a cluster, because it has ${shown}; delete it, and the routers create it again, or give the cluster another name`,
      );
      await streams.delete(name);
    }
    await streams.add({ ...made, max_msgs_per_subject: 5, max_bytes: 1_000_000, discard: "new", storage: "memory" });
    const peer = await (await new Node(t, url, "a").listen()).join();
    await peer.register("com.app.echo", ({ args }) => args[0]);
  },
);

withNats("messages that no router has sent change nothing: nothing is lost or doubled", async (t) => {
  const { url, stranger } = await startStranger(t);
  const [first, second] = await Promise.all(["a", "b"].map((name) => new Node(t, url, name).listen()));
  const [callee, caller] = await Promise.all([(first as Node).join(), (second as Node).join()]);
  const inbox = new Inbox<unknown>();
  await callee.register("com.app.echo", ({ args }) => args[0]);
  await callee.subscribe("com.app.told", ({ args }) => inbox.push(args[0]));
  const head = { kind: KINDS.frames, more: false, from: 1, to: 1, seq: 1, ack: 0 };
  const nothing = new Uint8Array(0);
  const messages = [
    ...[0, 1, 8, 25, 26, 500_000].map((length) => randomBytes(length)),
    ...[Number.NaN, -1, 1.5, Infinity].map((seq) => encodeParcel({ ...head, seq }, nothing)),
    ...[Number.NaN, -1, 1.5, Infinity].map((ack) => encodeParcel({ ...head, kind: KINDS.ack, ack }, nothing)),
  ];
  for (const message of messages)
    for (const path of ["a.b", "b.a", "a.stranger", "all.a", "all.stranger"])
      stranger.connection.publish(`wampact.wampact.${path}`, message);
  await stranger.connection.flush();
  for (let number = 0; number < 100; number++) {
    await caller.publish("com.app.told", [number], { acknowledge: true });
    expect((await caller.call("com.app.echo", [number])).args).toEqual([number]);
    expect(await inbox.next()).toBe(number);
  }
  const ofPipe = messages.length - 1; // an empty message is a probe
  const ofAll = 2 * (messages.length - 1); // one of 8 bytes is a beat
  const counts = () => [first, second].map((node) => node?.router.status().cluster?.unreadable);
  await expect.poll(counts).toEqual([2 * ofPipe + ofAll, ofPipe + ofAll]);
  const words = (subject: string, bytes: number) =>
    `Error: NATS at ${url}: a message of ${bytes} bytes on the subject "wampact.wampact.${subject}" was ignored, because no router has sent it (1 such messages so far, reported at most once a minute); nobody but the routers may publish to "wampact.wampact.>": restrict other clients by permissions of NATS, see Security in docs/clustering.md`;
  expect(first?.faults).toEqual([words("all.a", 0)]);
  expect(second?.faults).toEqual([words("all.a", 0)]);
});
