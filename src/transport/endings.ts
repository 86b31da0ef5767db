import type { Connection } from "./connections.js";
import { Fifo } from "./fifo.js";
import type { WriteScheduler } from "./write-queue.js";

/** The maximum number of connections that are closed or reported as closed in one turn of the event loop. */
const A_TURN = 50;
/** After this many connections in one turn, queued data of other connections is flushed. */
const FLUSH_AFTER = 64;

/**
 * Closes connections that the other side has ended, a few per turn. When thousands end at once, closing all of them together
 * would block the event loop for hundreds of milliseconds.
 */
export class Endings {
  readonly #writes: WriteScheduler;
  readonly #waiting = new Fifo<() => void>();
  #left = A_TURN; // how many more may be closed in this turn
  #added = 0;
  #scheduled = false;

  constructor(writes: WriteScheduler) {
    this.#writes = writes;
  }

  /** Closes a connection whose other side has ended it, in a later turn. */
  close(connection: Connection): void {
    this.#add(() => close(connection));
  }

  /** Reports that a connection is closed: at once, or later if there were many in this turn. */
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

/** Closes a connection after sending its queued data within the close timeout. */
function close(connection: Connection): void {
  const { socket } = connection;
  if (socket.writableLength === 0) return void socket.destroy();
  connection.expectEnd();
  socket.end();
}
