import { CONGESTED, type SessionFlow } from "../router/flow/session-flow.js";
import type { ClusterHost } from "../router/realm-link.js";
import type { Pipe } from "./engine.js";

/** Whoever makes more waits when half of a window waits for a peer; what can be refused is when all of it does. */
const WINDOWS = 2;

/**
 * How somebody of another node is slowed down, as a session is: what would stop reading it is told to its node, which slows down whoever makes the
 * work. What waits for it is what waits in the pipe, and it counts as congested while its node says so.
 */
export class LinkFlow {
  readonly flow: SessionFlow;
  readonly #peer: Pipe;
  #isChoked = false; // as the other node says
  #waiting: (() => void)[] = []; // for the other node to say that it is not any more

  /** `choke` tells the other node. */
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

  /** The other node says so. */
  choke(isChoked: boolean): void {
    this.#isChoked = isChoked;
    if (isChoked) return;
    for (const callback of this.#waiting.splice(0)) this.#onceDrained(callback);
  }

  /** It is gone: nobody waits for it any more. */
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
