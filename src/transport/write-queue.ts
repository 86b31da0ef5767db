import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Backlog, type BacklogOwner } from "./backlog.js";
import type { Frame } from "./frame.js";
import type { FrameJoiner } from "./frame-joiner.js";
import { isTls } from "./tls.js";

/** Frames are joined up to this many bytes; what goes beyond is written at once, before the turn ends. */
export const JOIN_LIMIT: number = 64 * 1024;

/** How many queues of a scheduler write into slabs at once; the others gather frames. */
const MOST_SLABS = 128;

/** A buffer of 64 KiB that is used again; its first `used` bytes are filled. */
export interface Slab {
  readonly bytes: Uint8Array;
  used: number;
}

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
  /**
   * Returns a slab with room for a frame of so many bytes, which is to be written behind what is used of it, at once. `undefined` where the frame has
   * to be added.
   */
  room(bytes: number): Slab | undefined;
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
  readonly #slabs: Slab[] = []; // that nobody has
  #slabsInUse = 0;

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

  /** Lends a slab; `undefined` where too many are lent. */
  takeSlab(): Slab | undefined {
    if (this.#slabsInUse === MOST_SLABS) return undefined;
    this.#slabsInUse++;
    return this.#slabs.pop() ?? { bytes: Buffer.allocUnsafeSlow(JOIN_LIMIT), used: 0 };
  }

  /**
   * Takes a slab back, and writes the bytes that are in it. It is used again, which spares the memory's caches, as soon as the socket counts them as
   * written; the socket must keep nothing of them then.
   */
  writeSlab(slab: Slab, socket: Duplex, bytes: Uint8Array = slab.bytes.subarray(0, slab.used)): void {
    socket.write(bytes);
    if (socket.writableLength === 0) this.dropSlab(slab);
    else this.#slabsInUse--; // the socket still holds it
  }

  /** Takes a slab back whose content is not wanted. */
  dropSlab(slab: Slab): void {
    this.#slabsInUse--;
    slab.used = 0;
    this.#slabs.push(slab);
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
  #slab: Slab | undefined; // in place of frames
  #backlog: Backlog | undefined; // from when the socket took no more, until all of it is written
  readonly #keepsNothing: boolean; // bytes that the socket counts as written are with the operating system

  constructor(socket: Duplex, parts: QueueParts) {
    this.#socket = socket;
    this.#keepsNothing = socket instanceof Socket && !isTls(socket);
    this.#parts = parts;
  }

  get unsentBytes(): number {
    return this.#bytes + (this.#slab?.used ?? 0) + this.#socket.writableLength + (this.#backlog?.bytes ?? 0);
  }

  add(frame: Frame): void {
    if (frame.length > 1) return this.#addLarge(frame);
    const only = frame[0] as Uint8Array;
    if (this.#slab && this.#putInSlab(only)) return;
    if (this.#bytes + only.length > this.maxJoinedBytes) this.flush();
    this.#bytes += only.length;
    if (this.#more) this.#more.push(only);
    else if (this.#first) this.#more = [this.#first, only];
    else {
      this.#first = only;
      this.#parts.scheduler.wait(this);
    }
  }

  room(bytes: number): Slab | undefined {
    if (this.#slab && this.#slab.used + bytes > this.maxJoinedBytes) this.flush();
    if (this.#slab) return this.#slab;
    if (this.#first || bytes > this.maxJoinedBytes || !this.#writesAtOnce()) return undefined;
    this.#slab = this.#parts.scheduler.takeSlab();
    if (this.#slab) this.#parts.scheduler.wait(this);
    return this.#slab;
  }

  onceDrained(callback: () => void): void {
    this.flush();
    if (this.#isBlocked()) this.#startBacklog().onceEmpty(callback);
    else callback();
  }

  flush(): void {
    if (this.#slab) return this.#flushSlab(this.#slab);
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

  /** Only what goes through this queue can block the socket, so it is not blocked while there is a slab. */
  #flushSlab(slab: Slab): void {
    this.#slab = undefined;
    if (this.#socket.writable) this.#parts.scheduler.writeSlab(slab, this.#socket);
    else this.#parts.scheduler.dropSlab(slab);
  }

  #writeJoined(frames: readonly Uint8Array[], bytes: number): void {
    const { joiner, scheduler } = this.#parts;
    const slab = this.#keepsNothing ? scheduler.takeSlab() : undefined;
    const joined = joiner?.join(frames, bytes, slab?.bytes) ?? joinedIn(slab?.bytes, frames, bytes);
    if (slab) scheduler.writeSlab(slab, this.#socket, joined);
    else this.#socket.write(joined);
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
    if (this.#slab) this.#parts.scheduler.dropSlab(this.#slab);
    this.#slab = undefined;
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
    if (this.#isBlocked()) return this.#startBacklog().addPieces(pieces);
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  /** False where there is no room left in it: it is written now. */
  #putInSlab(frame: Uint8Array): boolean {
    const slab = this.room(frame.length);
    if (!slab) return false;
    slab.bytes.set(frame, slab.used);
    slab.used += frame.length;
    return true;
  }

  /** Whether the operating system is likely to take what is written at the end of this turn, as it is. */
  #writesAtOnce(): boolean {
    return this.#keepsNothing && !this.#parts.joiner && this.#socket.writable && !this.#isBlocked();
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
