/** Workers that are one realm by a hub, over real Unix sockets. */
import { rmSync } from "node:fs";
import { beforeEach, expect, test, vi } from "vitest";
import { createRouter, type Router } from "wampact/router";
import type { EngineListener, Incarnation, NodeId } from "../../dist/src/cluster/engine.js";
import { HubEngine } from "../../dist/src/cluster/hub/hub-engine.js";
import { type Clock, SYSTEM_CLOCK } from "../../src/session/clock.js";
import { createGate, type Finish, join } from "../support/peers.js";
import { skipOnWindows } from "../support/platform.js";
import { REALM } from "../support/raw.js";
import { WorkerHub } from "../support/worker-hub.js";

beforeEach((t) => skipOnWindows(t, "it has no Unix sockets, and no workers"));

/** A worker that writes down what it is told. */
class Node implements EngineListener {
  readonly engine: HubEngine;
  readonly told: string[] = [];
  readonly received: Buffer[] = [];
  #waiting: (() => void)[] = [];
  reaping: Promise<void> = Promise.resolve();

  constructor(hub: WorkerHub, name: NodeId, clock: Clock) {
    const report = (error: unknown) => expect.unreachable(String(error));
    this.engine = new HubEngine({ clock, ...hub.worker(name), report });
  }

  static async join(hub: WorkerHub, name: NodeId, settings = "", clock: Clock = SYSTEM_CLOCK): Promise<Node> {
    const node = new Node(hub, name, clock);
    await node.engine.join({ node: name, protocol: 1, version: "1", realms: ["a"], settings }, node);
    return node;
  }

  /** Resolves when it has been told that, and takes it out. */
  async until(news: string): Promise<void> {
    while (!this.told.includes(news)) await this.more();
    this.told.splice(this.told.indexOf(news), 1);
  }

  /** Resolves when it is told something. */
  more(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #tell(news: string): void {
    this.told.push(news);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  peerUp({ node, incarnation }: Incarnation): void {
    this.#tell(`up ${node} ${incarnation}`);
  }
  peerSuspect(node: NodeId, isSuspect: boolean): void {
    this.#tell(`${isSuspect ? "suspect" : "sound"} ${node}`);
  }
  peerDown(node: NodeId, cause: string): void {
    this.#tell(`down ${node} ${cause}`);
  }
  reap({ node, incarnation }: Incarnation): Promise<void> {
    this.#tell(`reap ${node} ${incarnation}`);
    return this.reaping;
  }
  reaped({ node, incarnation }: Incarnation, by: NodeId | undefined): void {
    this.#tell(`reaped ${node} ${incarnation} by ${by}`);
  }
  receive(_: NodeId, frames: Uint8Array): void {
    this.received.push(Buffer.from(frames));
    this.#tell("received");
  }
  changed(key: string, value: string | undefined, revision: number): void {
    this.#tell(`${key} = ${value} @ ${revision}`);
  }
  isolated(): void {
    this.#tell("isolated");
  }
  returned(): void {
    this.#tell("returned");
  }
  reborn(): void {
    this.#tell("reborn");
  }
}

function leaveAfter(t: Finish, ...nodes: readonly Node[]): void {
  t.onTestFinished(async () => {
    await Promise.all(nodes.map(({ engine }) => engine.leave()));
  });
}

test("bytes of any length come in order and once, also those that were sent before there was a socket", async (t) => {
  const hub = new WorkerHub(t);
  const a = await Node.join(hub, "a");
  const b = await Node.join(hub, "b");
  leaveAfter(t, a, b);
  await a.until("up b 2");
  const sizes = [1, 3, 100, 16_384, 16_385, 65_536, 300_000, 2, 1_000_000, 5];
  const sent = sizes.map((size, at) => Buffer.alloc(size, at + 1));
  for (const bytes of sent) {
    a.engine.send("b", bytes);
    b.engine.send("a", Buffer.from(bytes));
  }
  for (const { received, more } of [a, b].map((node) => ({ received: node.received, more: () => node.more() })))
    while (received.length < sent.length) await more();
  for (const { received } of [a, b])
    expect(received.map((each, at) => each.equals(sent[at] as Buffer))).not.toContain(false);
});

test("what a worker does not read counts as unsent, and whoever waits for it goes on when it is read", async (t) => {
  const hub = new WorkerHub(t);
  const a = await Node.join(hub, "a");
  const b = await Node.join(hub, "b");
  leaveAfter(t, a, b);
  await a.until("up b 2");
  const pipe = a.engine.pipe("b");
  const chunk = Buffer.alloc(1024 * 1024, 7);
  let chunks = 0;
  while (pipe.unsentBytes <= pipe.window) {
    a.engine.send("b", chunk);
    chunks++;
  }
  const drained = createGate();
  pipe.onceDrained(() => drained.open());
  await drained.promise;
  expect(pipe.unsentBytes).toBeLessThan(pipe.window);
  while (b.received.length < chunks) await b.more();
});

test("the directory is compared and set; its changes come in one order, to those that join later too", async (t) => {
  const hub = new WorkerHub(t);
  const a = await Node.join(hub, "a");
  const b = await Node.join(hub, "b");
  const revision = await a.engine.write("k", "1", 0);
  await expect(b.engine.write("k", "2", 0)).rejects.toThrow("another revision of k");
  await expect(b.engine.write("k", "2", revision)).resolves.toBe(2);
  await a.engine.write("l", "x", 0);
  await a.engine.write("l", undefined, 3);
  await b.until("l = undefined @ 4");
  expect(b.told.filter((news) => news.includes("="))).toEqual(["k = 1 @ 1", "k = 2 @ 2", "l = x @ 3"]);
  const c = await Node.join(hub, "c");
  expect(c.told).toEqual(["up a 1", "up b 2", "k = 2 @ 2"]);
  leaveAfter(t, a, b, c);
});

test("one worker cleans up after one that has crashed, and another where that one is gone before it has", async (t) => {
  const hub = new WorkerHub(t);
  const a = await Node.join(hub, "a");
  const b = await Node.join(hub, "b");
  await Node.join(hub, "c");
  a.reaping = new Promise(() => {}); // it never gets done
  hub.crash("c");
  await a.until("reap c 3");
  expect(a.told).toContain("down c expelled");
  await b.until("down c expelled");
  hub.crash("a");
  await b.until("reap c 3");
  await b.until("reap a 1");
  hub.crash("b");
  const d = await Node.join(hub, "d");
  await d.until("reap b 2");
  leaveAfter(t, d);
});

test("all workers are told when one is cleaned up after, before another takes its name", async (t) => {
  const hub = new WorkerHub(t);
  const [a, b] = [await Node.join(hub, "a"), await Node.join(hub, "b")];
  await Node.join(hub, "c");
  const done = createGate();
  a.reaping = done.promise;
  hub.crash("c");
  await a.until("reap c 3");
  const again = Node.join(hub, "c");
  await b.until("down c expelled");
  done.open();
  leaveAfter(t, a, b, await again);
  for (const node of [a, b]) {
    await node.until("up c 4");
    expect(node.told).toContain("reaped c 3 by a");
  }
  expect(b.told.indexOf("reaped c 3 by a")).toBe(b.told.length - 1);
});

test("what a worker sends before it leaves is read before it is gone", async (t) => {
  const hub = new WorkerHub(t);
  const a = await Node.join(hub, "a");
  const b = await Node.join(hub, "b");
  leaveAfter(t, b);
  await a.until("up b 2");
  const chunks = 32;
  for (let at = 0; at < chunks; at++) a.engine.send("b", Buffer.alloc(100_000, at));
  await a.engine.leave();
  await b.until("down a left");
  expect(b.received).toHaveLength(chunks);
  expect(hub.ended).toEqual([]);
});

test("a worker without a sign of life is suspect to the others after 3 s, and ended after 10 s", async (t) => {
  const hub = new WorkerHub(t);
  const a = await Node.join(hub, "a");
  const b = await Node.join(hub, "b");
  hub.silence("b", true);
  const beat = async (times: number) => {
    for (let beats = 0; beats < times; beats++) {
      await hub.clock.advance(1_000);
      for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve)); // it is heard, and answered
    }
  };
  await beat(3);
  expect(a.told).toContain("suspect b");
  hub.silence("b", false);
  await beat(1);
  expect(a.told).toContain("sound b");
  hub.silence("b", true);
  await beat(10);
  expect(hub.ended).toEqual(["b: it has shown no sign of life for 10 s"]);
  hub.silence("b", false);
  leaveAfter(t, a, b);
});

test("a worker that lives and cannot be reached is ended", async (t) => {
  const hub = new WorkerHub(t);
  await Node.join(hub, "a");
  rmSync(hub.pathOf("a"));
  const b = await Node.join(hub, "b", "", { ...SYSTEM_CLOCK, after: (_, run) => SYSTEM_CLOCK.after(0, run) });
  await vi.waitFor(async () => {
    await hub.clock.advance(1_000);
    expect(hub.ended).toEqual(["a: its pipe to b has ended"]);
  }, 60_000);
  hub.crash("a");
  await b.until("down a expelled");
  leaveAfter(t, b);
});

test("a worker of other settings is refused", async (t) => {
  const hub = new WorkerHub(t);
  leaveAfter(t, await Node.join(hub, "a"));
  await expect(Node.join(hub, "b", "others")).rejects.toThrow("this worker has other settings than the others");
});

async function startPair(t: Finish): Promise<{ hub: WorkerHub; here: Router; there: Router }> {
  const hub = new WorkerHub(t);
  const faults: unknown[] = [];
  const start = (node: string) => {
    const onError = (error: unknown) => faults.push(error);
    return createRouter({ realms: [{ name: REALM }], cluster: hub.cluster(node), onError });
  };
  const [here, there] = [start("here"), start("there")];
  for (const router of [here, there])
    while (router.status().cluster?.peers.length !== 1) await new Promise((resolve) => setImmediate(resolve));
  t.onTestFinished(async () => {
    await Promise.all([here, there].map((router) => router.close({ drainMs: 0 })));
    expect(faults.map(String)).toEqual([]);
  });
  return { hub, here, there };
}

test("calls and events go between workers, in order", async (t) => {
  const { here, there } = await startPair(t);
  const [callee, caller] = [await join(t, here), await join(t, there)];
  await callee.register("com.example.echo", ({ args }) => args[0]);
  const answers = await Promise.all(Array.from({ length: 500 }, (_, at) => caller.call("com.example.echo", [at])));
  expect(answers.map(({ args }) => args[0])).toEqual(Array.from({ length: 500 }, (_, at) => at));
  const heard: unknown[] = [];
  const last = createGate();
  await callee.subscribe("com.example.news", ({ args }) => {
    heard.push(args[0]);
    if (args[0] === 499) last.open();
  });
  for (let at = 0; at < 500; at++) caller.publish("com.example.news", [at]);
  await last.promise;
  expect(heard).toEqual(Array.from({ length: 500 }, (_, at) => at));
});

test("the procedures of a worker that has crashed are free at once, and its calls fail", async (t) => {
  const { hub, here, there } = await startPair(t);
  const [callee, caller] = [await join(t, there), await join(t, here)];
  const invoked = createGate();
  await callee.register("com.example.only", () => {
    invoked.open();
    return new Promise(() => {});
  });
  const called = caller.call("com.example.only").catch(({ uri }: { uri: string }) => uri);
  await invoked.promise;
  hub.crash("there");
  expect(await called).toBe("wamp.error.canceled");
  await caller.register("com.example.only", () => "here");
  expect((await caller.call("com.example.only")).args).toEqual(["here"]);
});
