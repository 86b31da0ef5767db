/** Three routers on NATS, each with clients and a line to NATS of its own. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterStatus } from "wampact/router";
import { type ClusterRouter, startClusterRouter } from "../../support/cluster-process.js";
import type { Finish } from "../../support/peers.js";
import { Client } from "./client.js";
import { History } from "./history.js";

const NODES = ["r1", "r2", "r3"];
const CLIENTS = ["a", "b", "c"];
const LEASE_MS = 4_500;
/** How long everything may take to be as it was, in milliseconds. */
const HEALED_MS = 40_000;

export class World {
  readonly routers: readonly ClusterRouter[];
  readonly clients: readonly Client[];
  history = new History();

  private constructor(routers: readonly ClusterRouter[], random: () => number) {
    this.routers = routers;
    const names = NODES.flatMap((node) => CLIENTS.map((client) => `${node}${client}`));
    this.clients = names.map((name) => {
      const router = routers.find(({ node }) => name.startsWith(node)) as ClusterRouter;
      const others = names.filter((other) => other !== name);
      const isPatient = name.endsWith("a");
      const history = () => this.history;
      return new Client({ name, router: router.node, url: router.url, isPatient, others, random, history });
    });
  }

  /** Starts it; `servers[i]` are the URLs by which the router `i` reaches NATS. */
  static async start(
    t: Finish,
    servers: readonly string[],
    { random, replicas = 1 }: { readonly random: () => number; readonly replicas?: number },
  ): Promise<World> {
    const routers = await Promise.all(
      NODES.map((node, index) =>
        startClusterRouter(t, { servers: servers[index] ?? "", node, leaseMs: LEASE_MS, replicas }),
      ),
    );
    const world = new World(routers, random);
    t.onTestFinished(async () => void (await Promise.all(world.clients.map((client) => client.stop()))));
    await world.healed();
    return world;
  }

  /** Another history, in which the sessions are that stand. */
  begin(): void {
    const { sessions } = this.history;
    this.history = new History();
    for (const session of sessions) {
      if (!session.isOpen) continue;
      session.events.clear();
      session.calls.clear();
      this.history.sessions.add(session);
    }
  }

  set isLoaded(isLoaded: boolean) {
    for (const client of this.clients) client.isLoaded = isLoaded;
  }

  /** Resolves with the incarnation of each router when all are there, see each other, and have their clients. Rejects, in words, where that takes too long. */
  async healed(): Promise<ReadonlyMap<string, number>> {
    let statuses: readonly ClusterStatus[] = [];
    const isHealed = async () => {
      statuses = await Promise.all(this.routers.map((router) => router.status()));
      return isWhole(statuses) && this.clients.every(({ isReady }) => isReady);
    };
    if (!(await until(isHealed)))
      throw new Error(
        `not healed after ${HEALED_MS} ms: ${JSON.stringify(statuses)}; clients that are not ready: ${this.#unready}`,
      );
    return new Map(statuses.map(({ node, incarnation }) => [node, incarnation]));
  }

  get #unready(): string {
    const unready = this.clients.filter(({ isReady }) => !isReady);
    return JSON.stringify(unready.map(({ parts, session }) => [parts.name, { ...session, peer: session?.peer.state }]));
  }

  /** Resolves when nothing is under way, with whether that was in time. */
  async quiet(): Promise<boolean> {
    const quiet = Promise.all(this.clients.map((client) => client.quiet())).then(() => true);
    return Promise.race([quiet, sleep(HEALED_MS, false)]);
  }

  /** The faults of the registrations: each client's procedure is called through all routers, and its own session must answer. */
  async lostRegistrations(): Promise<readonly string[]> {
    const lost: string[] = [];
    for (const asking of this.clients)
      for (const { parts, session } of this.clients) {
        const answer = await asking.ask(parts.name).catch(String);
        if (answer !== session?.id) lost.push(`${parts.name} asked by ${asking.parts.name}: ${answer}`);
      }
    return lost;
  }

  /** Waits until all routers report the same and correct contents, and returns an empty list. Otherwise, returns the answer of each router. */
  async differences(): Promise<readonly string[]> {
    const asked = this.clients.filter(({ parts }) => parts.name.endsWith("a"));
    const truth = JSON.stringify(this.clients.map(({ session }) => session?.id ?? 0).sort());
    let tables: readonly string[] = [];
    const isSame = async () => {
      tables = await Promise.all(asked.map(tablesOf));
      return new Set(tables).size === 1 && tables[0]?.startsWith(truth) === true;
    };
    return (await until(isSame)) ? [] : [`sessions that stand: ${truth}`, ...tables];
  }
}

async function tablesOf(client: Client): Promise<string> {
  const [sessions, registrations, subscriptions] = await Promise.all(
    ["wamp.session.list", "wamp.registration.list", "wamp.subscription.list"].map((uri) => client.meta(uri)),
  );
  const sorted = (ids: unknown) => [...(ids as readonly number[])].sort();
  const lists = (all: unknown) => Object.entries(all as object).map(([match, ids]) => [match, sorted(ids)]);
  return [sorted(sessions), lists(registrations), lists(subscriptions)].map((each) => JSON.stringify(each)).join(" ");
}

function isWhole(statuses: readonly ClusterStatus[]): boolean {
  const incarnations = new Map(statuses.map(({ node, incarnation }) => [node, incarnation]));
  return statuses.every(
    ({ state, peers }) =>
      state === "joined" &&
      peers.length === statuses.length - 1 &&
      peers.every(({ node, incarnation, suspect }) => !suspect && incarnations.get(node) === incarnation),
  );
}

/** Resolves with whether something has become true in time. */
export async function until(isTrue: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + HEALED_MS;
  while (performance.now() < deadline) {
    if (await isTrue()) return true;
    await sleep(50);
  }
  return false;
}
