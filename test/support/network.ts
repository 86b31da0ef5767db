/** A network of this process in real time, over which routers are one cluster: its pipes, beats and directory are those of any cluster. */
import { CarriedEngine } from "../../dist/src/cluster/carried-engine.js";
import { Member } from "../../dist/src/cluster/member.js";
import { SimulatedNetwork } from "../../dist/src/cluster/simulation/network.js";
import { SimulatedProcess } from "../../dist/src/cluster/simulation/process.js";
import type { Time } from "../../dist/src/cluster/simulation/timeline.js";
import type { JoinableCluster } from "../../dist/src/router/realm-link.js";

/** Runs what is due in the next turn of the event loop, in order. */
const REAL_TIME: Time = {
  get nowMs() {
    return performance.timeOrigin + performance.now();
  },
  at(atMs, run) {
    const delayMs = atMs - this.nowMs;
    if (delayMs <= 0) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Returns what routers are configured with to be nodes of one cluster, by their names. */
export function createNetwork(): (node: string) => JoinableCluster {
  const network = new SimulatedNetwork({
    time: REAL_TIME,
    random: Math.random,
    quality: { delayMs: { least: 0, most: 0 }, lossRate: 0, lostAnswerRate: 0, lostRequestRate: 0 },
  });
  return (node) => ({
    kind: "test",
    member(host) {
      const carrier = network.carrier(node, new SimulatedProcess(REAL_TIME));
      return new Member(new CarriedEngine(carrier, host), { node, version: "test" }, host);
    },
  });
}
