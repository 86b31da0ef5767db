import type { Duplex } from "node:stream";
import type { Frame } from "./websocket/frame.js";

/** Frames are joined up to this many bytes; what goes beyond is written at once, before the turn ends. */
const JOIN_LIMIT = 64 * 1024;

/** Frames on their way to one socket. */
export interface WriteQueue {
  readonly unsentBytes: number;
  /** Calls back once, when the operating system takes more, or the socket is gone: at once where that is so. */
  onceDrained(callback: () => void): void;
  add(frame: Frame): void;
  /** Writes now what is queued. */
  flush(): void;
}

/**
 * Lets all writes of one turn of the event loop leave in one system call per socket: queues fill while messages are
 * handled, and are written when the turn's input is done, or when much waits. One scheduler serves all sockets of a listener.
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
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Writes all that waits. */
  flush(): void {
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
  #drained: (() => void)[] | undefined; // to be called back

  constructor(socket: Duplex, scheduler: WriteScheduler) {
    this.#socket = socket;
    this.#scheduler = scheduler;
  }

  get unsentBytes(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  add(frame: Frame): void {
    if (frame.length > 1) return this.#write(frame);
    const only = frame[0] as Uint8Array;
    if (this.#bytes + only.length > JOIN_LIMIT) this.flush();
    this.#bytes += only.length;
    if (this.#more) this.#more.push(only);
    else if (this.#first) this.#more = [this.#first, only];
    else {
      this.#first = only;
      this.#scheduler.wait(this);
    }
  }

  onceDrained(callback: () => void): void {
    if (this.#drained) return void this.#drained.push(callback);
    this.flush();
    const socket = this.#socket;
    if (!socket.writableNeedDrain) return callback();
    const callbacks = [callback];
    this.#drained = callbacks;
    const tell = () => {
      socket.off("drain", tell);
      socket.off("close", tell);
      this.#drained = undefined;
      for (const each of callbacks) each();
    };
    socket.on("drain", tell);
    socket.on("close", tell);
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
    socket.write(frames ? Buffer.concat(frames, bytes) : first);
  }

  /** Writes a large frame at once, behind what waits. */
  #write(pieces: Frame): void {
    this.flush();
    const socket = this.#socket;
    if (!socket.writable) return;
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }
}
