import { BoundedQueue } from "./bounded-queue.js";
import type { CallerPeer, StateChange } from "./types.js";

const LIMIT = 100;

/** The state of a peer and every later one, for each loop from its start on, up to `closed`. */
export function statesOf(peer: Pick<CallerPeer, "state" | "on">): AsyncIterable<StateChange> {
  return {
    [Symbol.asyncIterator]() {
      const queue = new BoundedQueue<StateChange>({ limit: LIMIT, overflow: "drop" });
      const push = (state: StateChange["state"], reason?: string) => {
        queue.push({ state, reason });
        if (state === "closed") queue.end();
      };
      const unwatch = peer.on("state", push);
      push(peer.state);
      return queue.read({ read: (change) => change, over: unwatch });
    },
  };
}
