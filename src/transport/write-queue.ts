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
  #frames: Uint8Array[] = [];
  #bytes = 0;

  constructor(socket: Duplex, scheduler: WriteScheduler) {
    this.#socket = socket;
    this.#scheduler = scheduler;
  }

  get unsentBytes(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  add(frame: Uint8Array): void {
    if (this.#frames.length === 0) this.#scheduler.wait(this);
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    const bytes = this.#bytes;
    this.#frames = [];
    this.#bytes = 0;
    if (!this.#socket.writable) return;
    if (frames.length === 1) this.#socket.write(frames[0]);
    else if (bytes <= JOIN_LIMIT) this.#socket.write(Buffer.concat(frames, bytes));
    else {
      this.#socket.cork();
      for (const frame of frames) this.#socket.write(frame);
      this.#socket.uncork();
    }
  }
}
