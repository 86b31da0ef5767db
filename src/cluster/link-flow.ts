import { CONGESTED, type SessionFlow } from "../router/flow/session-flow.js";
import type { ClusterHost } from "../router/realm-link.js";
import type { Pipe } from "./engine.js";

/** Producers wait when half a window is queued for a peer. Work that can be refused is refused when a full window is queued. */
const WINDOWS = 2;

/**
 * Flow control for a client of another node, as for a local session. A request to stop reading is sent to its node, which slows
 * down the source of the work. The bytes in the pipe count as queued for it. It is congested while its node says so.
 */
export class LinkFlow {
  readonly flow: SessionFlow;
  readonly #peer: Pipe;
  #isChoked = false; // as the other node says
  #waiting: (() => void)[] = []; // until the other node says that it is no longer choked

  /** `choke` informs the other node. */
  constructor(peer: Pipe, { flow }: Pick<ClusterHost, "flow">, choke: (isChoked: boolean) => void) {
    this.#peer = peer;
    let paused = false;
    const setPaused = (isPaused: boolean) => {
      if (paused === isPaused) return;
      paused = isPaused;
      choke(isPaused);
    };
    const reading = {
      get paused() {
        return paused;
      },
      pause: () => setPaused(true),
      resume: () => setPaused(false),
    };
    const unsent = () => this.#unsentBytes;
    const sending = {
      get unsentBytes() {
        return unsent();
      },
      maxUnsentBytes: WINDOWS * peer.window,
      onceDrained: (callback: () => void) => this.#onceDrained(callback),
    };
    this.flow = flow.flowOf(sending, reading);
  }

  /** The other node reports its state. */
  choke(isChoked: boolean): void {
    this.#isChoked = isChoked;
    if (isChoked) return;
    for (const callback of this.#waiting.splice(0)) this.#onceDrained(callback);
  }

  /** The client has left: nobody waits for it any more. */
  end(): void {
    this.#isChoked = false;
    for (const callback of this.#waiting.splice(0)) callback();
  }

  get #unsentBytes(): number {
    const { unsentBytes, window } = this.#peer;
    return this.#isChoked ? Math.max(unsentBytes, Math.ceil(window * WINDOWS * CONGESTED) + 1) : unsentBytes;
  }

  #onceDrained(callback: () => void): void {
    if (this.#isChoked) this.#waiting.push(callback);
    else this.#peer.onceDrained(callback);
  }
}
