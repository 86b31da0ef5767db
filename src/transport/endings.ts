import type { Connection } from "./connections.js";
import type { WriteScheduler } from "./write-queue.js";

/** How many connections are closed in one turn of the event loop. */
const A_TURN = 50;
/** After so many endings in one turn, what the others are owed is not kept waiting for its end. */
const FLUSH_AFTER = 256;

/**
 * Closes connections that the other side has ended, a few in each turn: when thousands die in one instant, closing all of them at
 * once would hold everybody else up for hundreds of milliseconds.
 */
export class Endings {
  readonly #writes: WriteScheduler;
  readonly #ended: Connection[] = [];
  #scheduled = false;

  constructor(writes: WriteScheduler) {
    this.#writes = writes;
  }

  add(connection: Connection): void {
    this.#ended.push(connection);
    if (this.#ended.length % FLUSH_AFTER === 0) this.#writes.flush();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const connection of this.#ended.splice(0, A_TURN)) close(connection);
      if (this.#ended.length > 0) this.#schedule();
    });
  }
}

/** Sends what waits first. */
function close(connection: Connection): void {
  const { socket } = connection;
  if (socket.writableLength === 0) socket.destroy();
  else socket.end();
}
