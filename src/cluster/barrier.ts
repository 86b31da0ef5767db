import type { LinkContext } from "./link-context.js";
import type { Peer } from "./peer.js";

/** The time that a suspect peer is awaited, in milliseconds. */
const SUSPECT_MS = 1_000;

/** Waits until the peers have processed what was sent to them. Waits only briefly for a suspect peer. */
export class Barrier {
  readonly #context: Pick<LinkContext, "peers" | "host">;
  #next: (() => void)[] | undefined; // callers that arrived since; they share the next wait
  #skipped = 0;

  constructor(context: Pick<LinkContext, "peers" | "host">) {
    this.#context = context;
  }

  /** The number of times that the barrier stopped waiting for a peer. */
  get skipped(): number {
    return this.#skipped;
  }

  /**
   * Calls back when all peers have processed everything sent to them so far. Waits at most 1 s for suspect peers. Calls back at
   * once if there are no peers.
   */
  settled(callback: () => void): void {
    if (this.#context.peers.size === 0) return callback();
    if (this.#next) return void this.#next.push(callback);
    const waiting = [callback];
    this.#next = waiting;
    queueMicrotask(() => {
      this.#next = undefined;
      this.#await(waiting);
    });
  }

  #await(waiting: readonly (() => void)[]): void {
    const awaited = new Set(this.#context.peers.values());
    let stopTimer = () => {};
    const isOver = () => {
      if (awaited.size > 0) return;
      stopTimer();
      for (const callback of waiting) callback();
    };
    const startTimer = () => {
      stopTimer = this.#context.host.clock.after(SUSPECT_MS, () => {
        for (const peer of awaited) if (peer.isSuspect) this.#skip(awaited, peer);
        if (awaited.size > 0) startTimer();
        else isOver();
      });
    };
    if (awaited.size > 0) startTimer();
    for (const peer of awaited)
      void peer.settled(0).then(() => {
        if (awaited.delete(peer)) isOver();
      });
    isOver();
  }

  #skip(awaited: Set<Peer>, peer: Peer): void {
    awaited.delete(peer);
    this.#skipped++;
  }
}
