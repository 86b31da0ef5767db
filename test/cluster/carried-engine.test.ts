import { expect, test } from "vitest";
import { CarriedEngine } from "../../src/cluster/carried-engine.js";
import type { EngineListener, Incarnation, NodeHello, NodeId } from "../../src/cluster/engine.js";
import { Conflict, Unreachable } from "../../src/cluster/engine.js";
import { SimulatedNetwork } from "../../src/cluster/simulation/network.js";
import { SimulatedProcess } from "../../src/cluster/simulation/process.js";
import { Timeline } from "../../src/cluster/simulation/timeline.js";
import { createRandom } from "../support/mutate.js";

/** A node that writes down what it is told. */
class Node implements EngineListener {
  readonly name: NodeId;
  readonly process: SimulatedProcess;
  readonly engine: CarriedEngine;
  readonly told: string[] = [];
  /** Incarnations of peers that it was told are cleaned up after. */
  readonly reapedOf: string[] = [];
  /** The nodes that have done so. */
  readonly reapedBy: (NodeId | undefined)[] = [];
  incarnation: number | undefined;
  refusal: unknown;

  constructor({ network, timeline, random }: World, name: NodeId, told: Partial<NodeHello> = {}) {
    this.name = name;
    this.process = new SimulatedProcess(timeline);
    const { clock } = this.process;
    const report = (error: unknown) => expect.unreachable(String(error));
    this.engine = new CarriedEngine(network.carrier(name, this.process), { clock, random, report });
    const hello = { node: name, protocol: 1, version: "1", realms: ["a"], settings: "", ...told };
    this.engine.join(hello, this).then(
      (incarnation) => {
        this.incarnation = incarnation;
      },
      (error) => {
        this.refusal = error;
      },
    );
  }

  /** The messages that it has received since the previous call. */
  news(): readonly string[] {
    return this.told.splice(0);
  }

  peerUp({ node, incarnation }: Incarnation): void {
    this.told.push(`up ${node} ${incarnation}`);
  }
  peerSuspect(node: NodeId, isSuspect: boolean): void {
    this.told.push(`${isSuspect ? "suspect" : "sound"} ${node}`);
  }
  peerDown(node: NodeId, cause: string): void {
    this.told.push(`down ${node} ${cause}`);
  }
  async reap({ node, incarnation }: Incarnation): Promise<void> {
    this.told.push(`reap ${node} ${incarnation}`);
  }
  reaped({ node, incarnation }: Incarnation, by: NodeId | undefined): void {
    this.reapedOf.push(`${node} ${incarnation}`);
    this.reapedBy.push(by);
  }
  receive(node: NodeId, frames: Uint8Array): void {
    this.told.push(`${node}: ${Buffer.from(frames).toString()}`);
  }
  changed(key: string, value: string | undefined): void {
    this.told.push(`${key} = ${value}`);
  }
  isolated(): void {
    this.told.push("isolated");
  }
  returned(): void {
    this.told.push("returned");
  }
  reborn(incarnation: number): void {
    this.incarnation = incarnation;
    this.told.push(`reborn ${incarnation}`);
  }

  say(to: NodeId, text: string): void {
    this.process.handle(() => this.engine.send(to, Buffer.from(text)));
  }
}

class World {
  readonly timeline = new Timeline({ startMs: 1_000_000 });
  readonly random = createRandom(1);
  readonly network = new SimulatedNetwork({
    time: this.timeline,
    random: this.random,
    quality: { delayMs: { least: 0.1, most: 2 }, lossRate: 0, lostAnswerRate: 0, lostRequestRate: 0 },
  });

  async nodes(...names: readonly NodeId[]): Promise<Node[]> {
    const nodes = names.map((name) => new Node(this, name));
    await this.timeline.pass(1_000);
    for (const { told } of nodes) told.splice(0);
    return nodes;
  }
}

test("nodes that join tell each other, and send each other what comes in order and once, whatever the network loses", async () => {
  const world = new World();
  const [a, b] = (await world.nodes("a", "b")) as [Node, Node];
  expect([a.incarnation, b.incarnation]).toEqual([1, 1]);
  const c = new Node(world, "c");
  await world.timeline.pass(100);
  expect(a.news()).toEqual(["up c 1"]);
  expect(c.news()).toEqual(["up a 1", "up b 1"]);

  world.network.quality.lossRate = 0.2;
  const sent = Array.from({ length: 200 }, (_, index) => `message ${index}`);
  for (const text of sent) {
    a.say("b", text);
    b.say("a", text);
    await world.timeline.pass(3);
  }
  await world.timeline.pass(5_000);
  expect(b.news()).toEqual(["up c 1", ...sent.map((text) => `a: ${text}`)]);
  expect(a.news()).toEqual(sent.map((text) => `b: ${text}`));
  expect(world.network.counts.lostMessages).toBeGreaterThan(50);
});

test("messages to peers are counted once each, acknowledgements and beats are not", async () => {
  const world = new World();
  const [a, b] = (await world.nodes("a", "b")) as [Node, Node];
  world.network.quality.lossRate = 0.3;
  for (let count = 0; count < 20; count++) {
    a.say("b", `${count}`);
    await world.timeline.pass(1_000);
  }
  expect(a.engine.stats.sent).toBe(20);
  expect(a.engine.stats.resent).toBeGreaterThan(0);
  expect(b.engine.stats.sent).toBe(0);
});

test("what is longer than a message of the network comes as it was sent", async () => {
  const world = new World();
  const [a, b] = (await world.nodes("a", "b")) as [Node, Node];
  world.network.quality.lossRate = 0.1;
  const long = "0123456789".repeat(100_000);
  a.say("b", long);
  a.say("b", "short");
  await world.timeline.pass(10_000);
  expect(b.news()).toEqual([`a: ${long}`, "a: short"]);
});

test("a node that stands still is suspect, then expelled and reaped by one other, and comes back as another incarnation", async () => {
  const world = new World();
  const [a, b, c] = (await world.nodes("a", "b", "c")) as [Node, Node, Node];
  c.process.freeze();
  await world.timeline.pass(4_500);
  expect([a.news(), b.news()]).toEqual([["suspect c"], ["suspect c"]]);
  await world.timeline.pass(5_000);
  const reaped = [a, b].flatMap(({ told }) => told.filter((text) => text.startsWith("reap")));
  expect(reaped).toEqual(["reap c 1"]);
  expect(a.news()[0]).toBe("down c expelled");
  expect(b.news()[0]).toBe("down c expelled");
  for (const node of [a, b]) expect(node.reapedOf).toEqual(["c 1"]);
  c.say("a", "too late");
  c.process.thaw();
  await world.timeline.pass(3_000);
  expect(c.news()).toEqual(["isolated", "down a apart", "down b apart", "reborn 2", "up a 1", "up b 1"]);
  expect(a.news()).toEqual(["up c 2"]);
  c.say("a", "again");
  await world.timeline.pass(100);
  expect(a.news()).toEqual(["c: again"]);
});

test("a node that stood still for a while is expelled by nobody and expels nobody", async () => {
  const world = new World();
  const [a, b] = (await world.nodes("a", "b")) as [Node, Node];
  a.process.freeze();
  b.say("a", "wait");
  await world.timeline.pass(4_900);
  a.process.thaw();
  await world.timeline.pass(10_000);
  expect(b.news()).toEqual(["suspect a", "sound a"]);
  expect(a.news()).toEqual(["b: wait"]);
});

test("a killed node is expelled within three beats, and the dead reaper's work falls to the next", async () => {
  const world = new World();
  const [a, b, c] = (await world.nodes("a", "b", "c")) as [Node, Node, Node];
  c.process.kill();
  await world.timeline.pass(4_000);
  const reaper = a.told.includes("reap c 1") ? a : b;
  expect(reaper.told).toContain("reap c 1");
  const other = reaper === a ? b : a;
  expect(other.news()).toEqual(["down c expelled"]);

  world.timeline.after(0, () => reaper.process.kill());
  await world.timeline.pass(4_000);
  expect(other.news().slice(-2)).toEqual([`down ${reaper.name} expelled`, `reap ${reaper.name} 1`]);
});

test("the node that has reaped another is named, not the one that was to do so and died", async () => {
  const world = new World();
  const [a, b, c, d] = (await world.nodes("a", "b", "c", "d")) as [Node, Node, Node, Node];
  const reaping: Node[] = [];
  for (const node of [a, b, c])
    node.reap = async () => {
      reaping.push(node);
      if (reaping.length === 1) await new Promise(() => {});
    };
  d.process.kill();
  await world.timeline.pass(4_000);
  expect(reaping).toHaveLength(1);
  const [first] = reaping as [Node];
  first.process.kill();
  await world.timeline.pass(6_000);
  const others = [a, b, c].filter((node) => node !== first);
  const second = reaping[1]?.name;
  for (const node of others) {
    const at = node.reapedOf.indexOf("d 1");
    expect(node.reapedBy[at]).toBe(second);
    expect(second).not.toBe(first.name);
  }
});

test("a node that is started again takes its record over once its former life is reaped", async () => {
  const world = new World();
  const [a, b] = (await world.nodes("a", "b")) as [Node, Node];
  b.process.kill();
  const again = new Node(world, "b");
  await world.timeline.pass(6_000);
  expect(again.incarnation).toBe(2);
  expect(a.news()).toEqual(["down b expelled", "reap b 1", "up b 2"]);

  const double = new Node(world, "b");
  await world.timeline.pass(6_000);
  expect(String(double.refusal)).toContain('another router of this cluster runs under the name "b"');
});

test("a node alone that is started again reaps itself", async () => {
  const world = new World();
  const [a] = (await world.nodes("a")) as [Node];
  a.process.kill();
  const again = new Node(world, "a");
  await world.timeline.pass(6_000);
  expect([again.incarnation, again.news()]).toEqual([2, ["reap a 1"]]);
});

test("a node that is started again alone after all were killed expels the others, and reaps all", async () => {
  const world = new World();
  for (const { process } of await world.nodes("a", "b", "c")) process.kill();
  const again = new Node(world, "a");
  await world.timeline.pass(12_000);
  expect(again.incarnation).toBe(2);
  expect(again.told.filter((text) => text.startsWith("reap")).toSorted()).toEqual(["reap a 1", "reap b 1", "reap c 1"]);
});

test("a node that was expelled comes back though the one that had to reap it is dead, and nobody else is left", async () => {
  const world = new World();
  const [a, b] = (await world.nodes("a", "b")) as [Node, Node];
  b.reap = () => new Promise(() => {});
  a.process.freeze();
  await world.timeline.pass(8_000);
  expect(b.news()).toEqual(["suspect a", "down a expelled"]);
  b.process.kill();
  a.process.thaw();
  await world.timeline.pass(12_000);
  const news = a.news();
  expect(news.filter((text) => text.startsWith("reap")).toSorted()).toEqual(["reap a 1", "reap b 1"]);
  expect(news.at(-1)).toBe("reborn 2");
});

test("a node that is cut off says so, writes nothing, and goes on where nobody has expelled it", async () => {
  const world = new World();
  const [a, b] = (await world.nodes("a", "b")) as [Node, Node];
  for (const { name } of [a, b]) world.network.cut(name, true);
  a.say("b", "patience");
  await world.timeline.pass(9_000);
  expect(a.news()).toEqual(["isolated"]);
  await expect(a.engine.write("k", "v", 0)).rejects.toBeInstanceOf(Unreachable);
  for (const { name } of [a, b]) world.network.cut(name, false);
  await world.timeline.pass(9_000);
  expect(a.news()).toEqual(["returned"]);
  expect(b.news().toSorted()).toEqual(["a: patience", "isolated", "returned"]);
});

test("a node that is cut off alone is expelled, and told what has changed when it is back", async () => {
  const world = new World();
  const [a, b, c] = (await world.nodes("a", "b", "c")) as [Node, Node, Node];
  world.network.cut("c", true);
  await world.timeline.pass(10_000);
  a.process.handle(() => void a.engine.write("k", "v", 0));
  await world.timeline.pass(100);
  world.network.cut("c", false);
  await world.timeline.pass(5_000);
  expect(b.news()).toEqual(expect.arrayContaining(["down c expelled", "k = v", "up c 2"]));
  expect(c.news()).toEqual(["isolated", "down a apart", "down b apart", "reborn 2", "up a 1", "up b 1", "k = v"]);
});

test("nodes whose pipes to each other are cut, though both beat, are not left waiting for ever", async () => {
  const world = new World();
  const [a, b, c] = (await world.nodes("a", "b", "c")) as [Node, Node, Node];
  world.network.cutPair("a", "b", true);
  a.say("b", "never");
  await world.timeline.pass(12_000);
  expect([...a.news(), ...b.news()].join()).toMatch(/down [ab] expelled/);
  expect(c.told.filter((text) => text.startsWith("down"))).toHaveLength(1);
});

test("one of several writers of a key wins, and all nodes are told in one order", async () => {
  const world = new World();
  const nodes = await world.nodes("a", "b", "c");
  const outcomes: string[] = [];
  for (const node of nodes) {
    node.process.handle(() =>
      node.engine.write("k", node.name, 0).then(
        (revision) => outcomes.push(`${node.name} ${revision}`),
        (error) => outcomes.push(`${error instanceof Conflict}`),
      ),
    );
  }
  await world.timeline.pass(1_500);
  expect(outcomes.filter((outcome) => outcome === "true")).toHaveLength(2);
  const told = nodes.map((node) => node.news());
  expect(told[0]).toHaveLength(1);
  expect(told).toEqual([told[0], told[0], told[0]]);
});

test("a node that leaves is gone at once, with what it has sent before", async () => {
  const world = new World();
  const [a, b] = (await world.nodes("a", "b")) as [Node, Node];
  b.say("a", "farewell");
  b.process.handle(() => void b.engine.leave());
  await world.timeline.pass(200);
  expect(a.news()).toEqual(["b: farewell", "down b left"]);
  const again = new Node(world, "b");
  await world.timeline.pass(500);
  expect(again.incarnation).toBe(2);
});

test("a node whose settings of a common realm differ is refused, with their names; other realms may differ", async () => {
  const world = new World();
  const settings = (more: object) => JSON.stringify({ "": { leaseMs: 6_000 }, shop: { strictUris: false }, ...more });
  new Node(world, "a", { realms: ["shop", "own"], settings: settings({ own: { strictUris: true } }) });
  await world.timeline.pass(100);
  const nodes = [
    new Node(world, "b", { realms: ["shop", "other"], settings: settings({ own: { strictUris: false } }) }),
    new Node(world, "c", { realms: ["shop"], settings: settings({ shop: { strictUris: true } }) }),
    new Node(world, "d", { realms: ["shop"], settings: settings({ "": { leaseMs: 1_000 } }) }),
  ];
  await world.timeline.pass(1_000);
  expect(nodes[0]?.incarnation).toBe(1);
  expect(String(nodes[1]?.refusal)).toContain(
    'the router "c" has strictUris of the realm "shop" at true, and "a" at false',
  );
  expect(String(nodes[2]?.refusal)).toContain('the router "d" has the cluster\'s leaseMs at 1000, and "a" at 6000');
});

test("a node of the release before or after is taken, one further away is refused in words", async () => {
  const world = new World();
  new Node(world, "a", { protocol: 2 });
  await world.timeline.pass(100);
  const joined: Node[] = [];
  for (const protocol of [1, 3, 4]) {
    joined.push(new Node(world, `v${protocol}`, { protocol, version: `${protocol}.0.0` }));
    await world.timeline.pass(500);
  }
  const [old, next, newest] = joined;
  expect([old?.incarnation, next?.incarnation]).toEqual([1, undefined]);
  expect(String(next?.refusal)).toContain('update "v1" (1.0.0) to a release with version 2 or 3 first');
  expect(String(newest?.refusal)).toContain('the router "v4" speaks version 4');
});

test("an empty directory has all nodes join anew", async () => {
  const world = new World();
  const [a, b] = (await world.nodes("a", "b")) as [Node, Node];
  world.network.directory.wipe();
  await world.timeline.pass(3_000);
  expect(a.news()).toEqual(expect.arrayContaining(["isolated", "down b apart", "reborn 2"]));
  a.say("b", "again");
  await world.timeline.pass(100);
  expect(b.news().at(-1)).toBe("a: again");
});

test("the record of a node that is gone is deleted a day later, and of one that lives never", async () => {
  const world = new World();
  const [a, b, c] = (await world.nodes("a", "b", "c")) as [Node, Node, Node];
  const nodes = () => [...world.network.directory.values()].map(([key]) => key).sort();
  b.process.handle(() => void b.engine.leave());
  c.process.kill();
  await world.timeline.pass(23.9 * 3_600_000);
  expect(nodes()).toEqual(["node.a", "node.b", "node.c"]);
  await world.timeline.pass(0.2 * 3_600_000);
  expect(nodes()).toEqual(["node.a"]);
  expect(a.incarnation).toBe(1);
  const again = new Node(world, "b");
  await world.timeline.pass(1_000);
  expect(again.incarnation).toBe(1);
  expect(a.news().at(-1)).toBe("up b 1");
});
