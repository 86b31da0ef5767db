import type { LinkContext } from "./link-context.js";
import type { Peer } from "./peer.js";

/** How long a suspect peer is awaited, in milliseconds. */
const SUSPECT_MS = 1_000;

/** Waits until the peers have carried out what they were told. One that shows no sign of life is not awaited for long. */
export class Barrier {
  readonly #context: Pick<LinkContext, "peers" | "host">;
  #next: (() => void)[] | undefined; // those that have come since nothing else was to do
  #skipped = 0;

  constructor(context: Pick<LinkContext, "peers" | "host">) {
    this.#context = context;
  }

  /** How often a peer was not awaited any more. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Calls back when all peers have carried out all that was sent to them so far, suspect ones within 1 s: at once where there are none. */
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
