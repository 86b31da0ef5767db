import type { Connection } from "./connections.js";
import { Fifo } from "./fifo.js";
import type { WriteScheduler } from "./write-queue.js";

/** How many connections are closed, or told of as closed, in one turn of the event loop. */
const A_TURN = 50;
/** After so many endings in one turn, what the others are owed is not kept waiting for its end. */
const FLUSH_AFTER = 64;

/**
 * Takes leave of connections that the other side has ended, a few in each turn: when thousands die in one instant, to do it for all of
 * them at once would hold everybody else up for hundreds of milliseconds.
 */
export class Endings {
  readonly #writes: WriteScheduler;
  readonly #waiting = new Fifo<() => void>();
  #left = A_TURN; // how many more are taken leave of in this turn
  #added = 0;
  #scheduled = false;

  constructor(writes: WriteScheduler) {
    this.#writes = writes;
  }

  /** Closes a connection whose other side has ended it, in a later turn. */
  close(connection: Connection): void {
    this.#add(() => close(connection));
  }

  /** Tells that a connection is closed: at once, unless this was done for many in this turn. */
  tell(closed: () => void): void {
    if (this.#left <= 0) return this.#add(closed);
    this.#left--;
    this.#schedule();
    closed();
  }

  #add(take: () => void): void {
    this.#waiting.add(take);
    if (++this.#added % FLUSH_AFTER === 0) this.#writes.flush();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    this.#left = A_TURN;
    for (let count = 0; count < A_TURN; count++) {
      const take = this.#waiting.take();
      if (!take) return;
      take();
    }
    this.#schedule();
  }
}

/** Sends what waits first, within the time that a connection has to close. */
function close(connection: Connection): void {
  const { socket } = connection;
  if (socket.writableLength === 0) return void socket.destroy();
  connection.expectEnd();
  socket.end();
}
