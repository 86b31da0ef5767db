import { expect, test } from "vitest";
import type { PeerHello } from "../../src/cluster/engine.js";
import type { Frame } from "../../src/cluster/frames/frame.js";
import { readFrames } from "../../src/cluster/frames/read.js";
import { writeFrame } from "../../src/cluster/frames/write.js";
import { SimulatedNetwork } from "../../src/cluster/simulation/network.js";
import { Timeline } from "../../src/cluster/simulation/timeline.js";
import { createRandom } from "../support/mutate.js";
import { SimulatedConnection } from "./scenario/connection.js";
import { FrameCounts } from "./scenario/frame-counts.js";
import { REALM, SimulatedNode } from "./scenario/node.js";

const COUNT = 20_000;
/** The maximum amount of work in one turn of the event loop. */
const MOST = 500;
const PEER: PeerHello = {
  node: "other",
  incarnation: 1,
  protocol: 1,
  version: "1",
  realms: [REALM],
  settings: "",
};

/** A node alone, whose peer is what the test makes of it. `seen` is called after each turn of its event loop. */
async function startNode(): Promise<{
  readonly node: SimulatedNode;
  readonly timeline: Timeline;
  readonly turns: (seen: () => number) => readonly number[];
}> {
  const timeline = new Timeline({ startMs: 0 });
  const random = createRandom(1);
  const quality = { delayMs: { least: 0, most: 1 }, lossRate: 0, lostAnswerRate: 0, lostRequestRate: 0 };
  const network = new SimulatedNetwork({ time: timeline, random, quality });
  const wrong = (what: string) => expect.unreachable(what);
  const node = new SimulatedNode("one", { timeline, network, random, wrong, frames: new FrameCounts() });
  await timeline.pass(100);
  const turns = (seen: () => number) => {
    const at = timeline.at.bind(timeline);
    const counts = [seen()];
    const look = () => {
      const count = seen();
      if (count !== counts.at(-1)) counts.push(count);
    };
    timeline.at = (ms, run) =>
      at(ms, () => {
        run();
        look();
      });
    return counts;
  };
  return { node, timeline, turns };
}

/** The largest step from one number to the next. */
function largestStep(counts: readonly number[]): number {
  return Math.max(...counts.slice(1).map((count, index) => Math.abs(count - (counts[index] as number))));
}

test("20,000 sessions and their interests of a node that is gone are undone bit by bit", async () => {
  const { node, timeline, turns } = await startNode();
  const { member, realm } = node;
  member.peerUp(PEER);
  const tell = (details: Extract<Frame, { type: "STATE" }>["details"]) =>
    member.receive(PEER.node, writeFrame({ type: "STATE", realm: 0, details }));
  for (let id = 1; id <= COUNT; id++) {
    const who = { authid: "a", authrole: "anonymous", authmethod: "anonymous", authprovider: "static" };
    tell({ kind: "session", id, ...who, transport: "test", features: [] });
    tell({ kind: "interest", topic: `com.example.topic${id}`, match: "exact", session: id, created: 0 });
  }
  await timeline.pass(1);
  expect(realm.sessions.size).toBe(COUNT);
  const watcher = new SimulatedConnection(node, { receive() {}, left() {}, lost() {} }, "watcher");
  const list = () => {
    let count = 0;
    for (const _ of member.linkOf(REALM)?.realm.subscriptions.book.all() ?? []) count++;
    return count;
  };
  const [sessions, interests] = [turns(() => realm.sessions.size), turns(list)];
  member.peerDown(PEER.node, "expelled");
  expect(realm.sessions.size).toBeGreaterThan(COUNT - MOST);
  expect(list()).toBeGreaterThan(COUNT - 2 * MOST);
  await timeline.pass(1);
  expect([realm.sessions.size, list()]).toEqual([1, 0]);
  expect(largestStep(sessions)).toBeLessThanOrEqual(MOST);
  expect(largestStep(interests)).toBeLessThanOrEqual(MOST);
  expect(sessions.length).toBeGreaterThan(COUNT / MOST);
  watcher.close("wamp.close.close_realm", "client");
});

test("a node that joins is told of 20,000 sessions bit by bit, and nobody who waits for it goes on before", async () => {
  const { node, timeline, turns } = await startNode();
  for (let count = 0; count < COUNT; count++)
    new SimulatedConnection(node, { receive() {}, left() {}, lost() {} }, "a");
  const sent: string[] = [];
  node.engine.send = (_, bytes) =>
    void sent.push(...[...readFrames(bytes, (fault) => expect.unreachable(fault.message))].map(({ type }) => type));
  const told = turns(() => sent.length);
  node.member.peerUp(PEER);
  const settled = node.member.linkOf(REALM)?.flush();
  await timeline.pass(1);
  expect(sent.indexOf("PING")).toBeGreaterThan(COUNT);
  expect(sent.indexOf("PING")).toBe(sent.indexOf("SNAPSHOT") + 1);
  expect(sent.filter((type) => type === "STATE").length).toBeGreaterThanOrEqual(COUNT);
  expect(largestStep(told)).toBeLessThanOrEqual(2 * MOST);
  expect(told.length).toBeGreaterThan(COUNT / (2 * MOST));
  node.member.receive(PEER.node, writeFrame({ type: "PONG", number: 1 }));
  await settled;
});
