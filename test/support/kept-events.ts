/** Routers whose events are kept in JetStream. */
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { expect, type TestContext } from "vitest";
import { natsCluster, natsStore } from "wampact/nats";
import type { Peer } from "wampact/peer";
import { createRouter, type RealmConfig, type Router, type RouterConfig } from "wampact/router";
import { UNAVAILABLE } from "../../src/wire/uris.js";
import { connectPeer, Inbox } from "./peers.js";
import { REALM } from "./raw.js";

/** Whose last event is retained, and what has a history. */
export const TOPIC = "com.app.kept";
export const HISTORY = "com.app.history";

/** One server, or several that are one. */
export interface Servers {
  readonly url: string | string[];
}

export interface NodeOptions extends Partial<RealmConfig> {
  readonly node: string;
  readonly replicas?: number;
}

export interface Node {
  readonly router: Router;
  readonly faults: string[];
  join(): Promise<Peer>;
}

/** Starts a router whose realm is kept in NATS. Its faults are looked at by the test. */
export async function startNode(
  t: TestContext,
  { url: servers }: Servers,
  { node, replicas = 1, ...realm }: NodeOptions,
): Promise<Node> {
  const faults: string[] = [];
  const config: RouterConfig = {
    realms: [{ name: REALM, store: natsStore(), history: [{ topic: HISTORY, limit: 1_000 }], ...realm }],
    cluster: natsCluster({ servers, node, replicas }),
    onError: (error) => faults.push(String(error)),
  };
  const router = createRouter(config);
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen({ port: 0 });
  return { router, faults, join: () => connectPeer(t, { url, realm: REALM, onError: () => {} }) };
}

export function startNodes(t: TestContext, servers: Servers, options: Partial<NodeOptions> = {}): Promise<Node[]> {
  return Promise.all(["a", "b", "c"].map((node) => startNode(t, servers, { ...options, node })));
}

/** The retained event that a new subscriber gets first. */
export async function retained(peer: Peer, topic: string = TOPIC): Promise<unknown> {
  const inbox = new Inbox<unknown>();
  await peer.subscribe(topic, ({ args, details }) => inbox.push(details.retained ? args[0] : "live"), {
    getRetained: true,
  });
  return inbox.next();
}

/** The first arguments of all events of a history, as one router has them. */
export async function historyOf(peer: Peer, topic = HISTORY, match = "exact"): Promise<readonly unknown[]> {
  const [id] = (await peer.call("wamp.subscription.lookup", [topic, { match }])).args;
  const values: unknown[] = [];
  for (let from = {}; ; ) {
    const { args, kwargs } = await peer.call("wamp.subscription.get_events", [id], from);
    for (const record of args) values.push((record as { readonly args?: readonly unknown[] }).args?.[0]);
    if (kwargs.more !== true) return values;
    from = { from_publication: kwargs.next };
  }
}

/** Publishes what is to be kept: as a retained event, or in the history. */
export const keep = (peer: Peer, value: unknown, topic: string = TOPIC): Promise<unknown> =>
  peer.publish(topic, [value], {}, { acknowledge: true, retain: topic === TOPIC });

/** Whether a publication was refused for now; whatever else has failed is thrown. */
export function isUnavailable(error: unknown): false {
  expect(error).toMatchObject({ uri: UNAVAILABLE });
  return false;
}

/** A connection to a server by which a test manages its streams. */
export async function manage(t: TestContext, { url }: Servers): Promise<JetStreamManager> {
  const connection = await connect({ servers: url });
  t.onTestFinished(() => connection.close());
  return jetstreamManager(connection, { checkAPI: false });
}
