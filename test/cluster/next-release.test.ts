import { expect, test } from "vitest";
import { CarriedEngine } from "../../src/cluster/carried-engine.js";
import type { EngineListener, PeerHello } from "../../src/cluster/engine.js";
import type { Frame } from "../../src/cluster/frames/frame.js";
import { readFrames } from "../../src/cluster/frames/read.js";
import { writeFrame } from "../../src/cluster/frames/write.js";
import { SimulatedNetwork } from "../../src/cluster/simulation/network.js";
import { SimulatedProcess } from "../../src/cluster/simulation/process.js";
import { Timeline } from "../../src/cluster/simulation/timeline.js";
import { createRandom } from "../support/mutate.js";
import { FrameCounts } from "./scenario/frame-counts.js";
import { REALM, SimulatedNode } from "./scenario/node.js";

/** A frame of a type that this release does not know. */
function unknownFrame(code: number): Uint8Array {
  const frame = new Uint8Array(10);
  new DataView(frame.buffer).setUint32(0, frame.length - 4);
  frame[4] = code;
  return frame;
}

const WHO = { authid: "a", authrole: "anonymous", authmethod: "anonymous", authprovider: "static" };
const joined = (id: number): Uint8Array =>
  writeFrame({
    type: "STATE",
    realm: 0,
    details: { kind: "session", id, ...WHO, transport: "test", features: [], more: true } as never,
  });

test("a node of the next release is understood: what may be ignored is, what may not is told, and the rest is carried out", async () => {
  const timeline = new Timeline({ startMs: 0 });
  const random = createRandom(1);
  const quality = { delayMs: { least: 0.1, most: 1 }, lossRate: 0, lostAnswerRate: 0, lostRequestRate: 0 };
  const network = new SimulatedNetwork({ time: timeline, random, quality });
  const told: string[] = [];
  const wrong = (what: string) => void told.push(what);
  const node = new SimulatedNode("one", { timeline, network, random, wrong, frames: new FrameCounts() });
  await timeline.pass(100);
  const process = new SimulatedProcess(timeline);
  const { clock } = process;
  const engine = new CarriedEngine(network.carrier("next", process), { clock, random, report: wrong as never });
  const peers: PeerHello[] = [];
  const received: Frame[] = [];
  const listener: EngineListener = {
    peerUp: (peer) => void peers.push(peer),
    peerSuspect() {},
    peerDown() {},
    reap: async () => {},
    reaped() {},
    receive: (_, bytes) => void received.push(...readFrames(bytes, wrong as never)),
    changed() {},
    isolated() {},
    returned() {},
    reborn() {},
  };
  void engine.join({ node: "next", protocol: 2, version: "2", realms: [REALM], settings: "" }, listener);
  await timeline.pass(100);
  expect(peers.map(({ node: name }) => name)).toEqual(["one"]);
  expect(node.member.status().peers.map(({ node: name }) => name)).toEqual(["next"]);

  const state = { kind: "something new", id: 1 };
  const parts = [
    writeFrame({ type: "SNAPSHOT" }),
    unknownFrame(0x80 | 50),
    joined(1),
    writeFrame({ type: "STATE", realm: 0, details: state as never }),
    unknownFrame(50),
    joined(2),
    writeFrame({ type: "PING", number: 7, revision: 0 }),
  ];
  engine.send("one", Buffer.concat(parts));
  await timeline.pass(100);
  expect([...node.realm.sessions.keys()]).toEqual([1, 2]);
  expect(received).toContainEqual({ type: "PONG", number: 7 });
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("the type is unknown, and may not be ignored: this node is too old for its cluster");
});
