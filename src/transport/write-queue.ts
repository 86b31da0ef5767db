import type { Duplex } from "node:stream";

/** Frames up to this many bytes in all are joined into one buffer; beyond, copying costs more than a gathered write. */
const JOIN_LIMIT = 64 * 1024;

/** Whole frames on their way to one socket. */
export interface WriteQueue {
  readonly unsentBytes: number;
  add(frame: Uint8Array): void;
  /** Writes now what is queued. */
  flush(): void;
}

/**
 * Lets all writes of one turn of the event loop leave in one system call per socket: queues fill while messages are
 * handled, and are written when the turn's input is done. One scheduler serves all sockets of a listener.
 */
export class WriteScheduler {
  #waiting: WriteQueue[] = [];
  #scheduled = false;

  queueFor(socket: Duplex): WriteQueue {
    return new QueuedWrites(socket, this);
  }

  /** Writes a queue at the end of the turn. */
  wait(queue: WriteQueue): void {
    this.#waiting.push(queue);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const queue of waiting) queue.flush();
  }
}

class QueuedWrites implements WriteQueue {
  readonly #socket: Duplex;
  readonly #scheduler: WriteScheduler;
  #first: Uint8Array | undefined; // of this turn: mostly the only one
  #more: Uint8Array[] | undefined;
  #bytes = 0;

  constructor(socket: Duplex, scheduler: WriteScheduler) {
    this.#socket = socket;
    this.#scheduler = scheduler;
  }

  get unsentBytes(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  add(frame: Uint8Array): void {
    this.#bytes += frame.length;
    if (this.#more) this.#more.push(frame);
    else if (this.#first) this.#more = [this.#first, frame];
    else {
      this.#first = frame;
      this.#scheduler.wait(this);
    }
  }

  flush(): void {
    const first = this.#first;
    if (!first) return;
    const frames = this.#more;
    const bytes = this.#bytes;
    this.#first = undefined;
    this.#more = undefined;
    this.#bytes = 0;
    const socket = this.#socket;
    if (!socket.writable) return;
    if (!frames) socket.write(first);
    else if (bytes <= JOIN_LIMIT) socket.write(Buffer.concat(frames, bytes));
    else {
      socket.cork();
      for (const frame of frames) socket.write(frame);
      socket.uncork();
    }
  }
}
