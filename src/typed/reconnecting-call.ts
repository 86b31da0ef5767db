import type { Call } from "../peer/call.js";
import { disconnected, timedOut } from "../peer/failures.js";
import { awaitWithin } from "../peer/limits.js";
import type { CallOptions, Peer } from "../peer/types.js";
import { isWampError } from "../wire/error.js";
import { DISCONNECTED } from "../wire/uris.js";
import { relayCall } from "./relayed-call.js";

/**
 * Calls an idempotent procedure: when the connection is lost it is called again as soon as the peer is ready, within the
 * call's own time limit. Its progress then starts over.
 */
export function callAcrossReconnects<Result, Progress>(
  peer: Peer,
  options: CallOptions,
  start: (options: CallOptions) => Call<Result, Progress>,
): Call<Result, Progress> {
  const { timeoutMs = 0, signal } = options;
  const { clock } = peer;
  const deadline = timeoutMs > 0 ? clock.now() + timeoutMs : undefined;
  const limits = () => {
    if (deadline === undefined) return { signal };
    if (clock.now() >= deadline) throw timedOut(timeoutMs);
    return { signal, timeoutMs: deadline - clock.now() };
  };
  return relayCall({ onUnseen: peer.onError, signal }, async (relay) => {
    for (;;) {
      try {
        return await relay(() => start({ ...options, ...limits() }));
      } catch (error) {
        if (!isWampError(error) || error.uri !== DISCONNECTED || isOver(peer)) throw error;
        if (peer.state !== "ready") await untilReady(peer, limits());
      }
    }
  });
}

function isOver({ state }: Peer): boolean {
  return state === "closed" || state === "left";
}

async function untilReady(peer: Peer, limits: Pick<CallOptions, "signal" | "timeoutMs">): Promise<void> {
  let unwatch: () => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    unwatch = peer.on("state", (state, reason) => {
      if (state === "ready") resolve();
      else if (isOver(peer)) reject(disconnected(reason ?? `the peer is ${state}`));
    });
  });
  try {
    await awaitWithin(ready, limits, peer);
  } finally {
    unwatch();
  }
}
