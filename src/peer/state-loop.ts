import { BoundedQueue } from "./bounded-queue.js";
import type { CallerPeer, StateChange } from "./types.js";

const LIMIT = 100;

/** Returns the state of a peer and all later ones for each loop, from its start until `closed`. */
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
