import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { Backlog, type BacklogOwner } from "./backlog.js";
import type { Frame } from "./frame.js";
import type { FrameJoiner } from "./frame-joiner.js";

/** Frames are joined up to this many bytes; what goes beyond is written at once, before the turn ends. */
export const JOIN_LIMIT: number = 64 * 1024;

/** Whatever is to be written at the end of a turn. */
export interface Flushable {
  /** Writes now; what is thrown is told to the owner, and the others go on. */
  flushSafely(): void;
}

/** Frames on their way to one socket. */
export interface WriteQueue extends Flushable {
  readonly unsentBytes: number;
  /** How many bytes of frames are joined at most. Default 64 KiB, which is the most. */
  maxJoinedBytes: number;
  /** Calls back once, when the operating system takes more, or the socket is gone: at once where that is so. */
  onceDrained(callback: () => void): void;
  add(frame: Frame): void;
  /** Writes now what is queued, as far as the operating system takes it. */
  flush(): void;
  /** Gives the socket all that waits, because it is about to be ended. */
  finish(): void;
  /** Lets go of all that waits, because the socket is destroyed. */
  drop(): void;
}

/**
 * Lets all writes of one turn of the event loop leave in one system call per socket: queues fill while messages are
 * handled, and are written when the turn's input is done, or when much waits. One scheduler serves all sockets of a listener.
 */
export class WriteScheduler {
  #waiting: Flushable[] = [];
  #scheduled = false;
  #joined = Buffer.allocUnsafeSlow(JOIN_LIMIT);

  /**
   * `owner` is told of what waits because the other side does not read. Without one, a failure destroys the socket with its error.
   * `joiner` makes one frame of those of a turn.
   */
  queueFor(socket: Duplex, owner: BacklogOwner = ownerOf(socket), joiner?: FrameJoiner): WriteQueue {
    return new QueuedWrites(socket, { scheduler: this, owner, joiner });
  }

  /** Writes what is given at the end of the turn. */
  wait(what: Flushable): void {
    this.#waiting.push(what);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /**
   * Writes what `join` puts into a buffer of 64 KiB that is used again, which spares the memory's caches. The socket must keep nothing of what
   * it is given, once it counts it as written.
   */
  writeJoined(socket: Duplex, join: (room: Uint8Array) => Uint8Array): void {
    socket.write(join(this.#joined));
    if (socket.writableLength > 0) this.#joined = Buffer.allocUnsafeSlow(JOIN_LIMIT); // the socket still holds the other
  }

  /** Writes all that waits. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const queue of waiting) queue.flushSafely();
  }
}

function ownerOf(socket: Duplex): BacklogOwner {
  const failed = (error: unknown) => void socket.destroy(error instanceof Error ? error : new Error(String(error)));
  return { held() {}, heldOwn() {}, released() {}, releasedOwn() {}, emptied() {}, failed };
}

/** What a queue is given beside its socket. */
interface QueueParts {
  readonly scheduler: WriteScheduler;
  readonly owner: BacklogOwner;
  readonly joiner: FrameJoiner | undefined;
}

class QueuedWrites implements WriteQueue {
  maxJoinedBytes = JOIN_LIMIT;
  readonly #socket: Duplex;
  readonly #parts: QueueParts;
  #first: Uint8Array | undefined; // of this turn: mostly the only one
  #more: Uint8Array[] | undefined;
  #bytes = 0;
  #backlog: Backlog | undefined; // from when the socket took no more, until all of it is written
  readonly #keepsNothing: boolean; // bytes that the socket counts as written are with the operating system

  constructor(socket: Duplex, parts: QueueParts) {
    this.#socket = socket;
    this.#keepsNothing = socket instanceof Socket && !(socket instanceof TLSSocket);
    this.#parts = parts;
  }

  get unsentBytes(): number {
    return this.#bytes + this.#socket.writableLength + (this.#backlog?.bytes ?? 0);
  }

  add(frame: Frame): void {
    if (frame.length > 1) return this.#addLarge(frame);
    const only = frame[0] as Uint8Array;
    if (this.#bytes + only.length > this.maxJoinedBytes) this.flush();
    this.#bytes += only.length;
    if (this.#more) this.#more.push(only);
    else if (this.#first) this.#more = [this.#first, only];
    else {
      this.#first = only;
      this.#parts.scheduler.wait(this);
    }
  }

  onceDrained(callback: () => void): void {
    this.flush();
    if (this.#isBlocked()) this.#startBacklog().onceEmpty(callback);
    else callback();
  }

  flush(): void {
    const first = this.#first;
    if (!first) return;
    const frames = this.#more;
    const bytes = this.#bytes;
    this.#first = undefined;
    this.#more = undefined;
    this.#bytes = 0;
    if (!this.#socket.writable) return;
    if (this.#isBlocked()) this.#startBacklog().add(frames ?? [first]);
    else if (!frames) this.#socket.write(first);
    else this.#writeJoined(frames, bytes);
  }

  #writeJoined(frames: readonly Uint8Array[], bytes: number): void {
    const { joiner, scheduler } = this.#parts;
    const join = (room?: Uint8Array) => joiner?.join(frames, bytes, room) ?? joinedIn(room, frames, bytes);
    if (this.#keepsNothing) scheduler.writeJoined(this.#socket, join);
    else this.#socket.write(join());
  }

  flushSafely(): void {
    try {
      this.flush();
    } catch (error) {
      this.#parts.owner.failed(error);
    }
  }

  finish(): void {
    this.flush();
    this.#backlog?.writeAll();
  }

  drop(): void {
    this.#first = undefined;
    this.#more = undefined;
    this.#bytes = 0;
    this.#backlog?.drop();
  }

  /** Writes a large frame at once, behind what waits. */
  #addLarge(pieces: Frame): void {
    this.flush();
    const socket = this.#socket;
    if (!socket.writable) return;
    if (this.#isBlocked()) return this.#startBacklog().add(pieces);
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  #isBlocked(): boolean {
    return this.#backlog !== undefined || this.#socket.writableNeedDrain;
  }

  #startBacklog(): Backlog {
    const { owner, joiner } = this.#parts;
    this.#backlog ??= new Backlog(this.#socket, owner, {
      done: () => {
        this.#backlog = undefined;
      },
      joining: joiner && { joiner, mostBytes: this.maxJoinedBytes },
    });
    return this.#backlog;
  }
}

/** Frames behind each other, in the room where there is one. */
function joinedIn(room: Uint8Array | undefined, frames: readonly Uint8Array[], bytes: number): Uint8Array {
  if (!room) return Buffer.concat(frames, bytes);
  let at = 0;
  for (const frame of frames) {
    room.set(frame, at);
    at += frame.length;
  }
  return room.subarray(0, at);
}
