import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Backlog, type BacklogOwner } from "./backlog.js";
import type { Frame } from "./frame.js";
import type { FrameJoiner } from "./frame-joiner.js";
import { isTls } from "./tls.js";

/** Frames are combined up to this many bytes. More bytes are written at once, before the turn ends. */
export const JOIN_LIMIT: number = 64 * 1024;

/** The maximum number of queues of a scheduler that write into slabs at the same time. The others collect frames. */
const MOST_SLABS = 128;

/** A reusable buffer of 64 KiB. Its first `used` bytes are filled. */
export interface Slab {
  readonly bytes: Uint8Array;
  used: number;
}

/** Something to flush at the end of a turn. */
export interface Flushable {
  /** Writes now. Reports exceptions to the owner, so that other queues continue. */
  flushSafely(): void;
}

/** The frames queued for one socket. */
export interface WriteQueue extends Flushable {
  readonly unsentBytes: number;
  /** The maximum number of bytes of combined frames. Default: 64 KiB, which is also the maximum. */
  maxJoinedBytes: number;
  /** Calls back once, when the operating system accepts more data or the socket is closed; at once if that is already so. */
  onceDrained(callback: () => void): void;
  add(frame: Frame): void;
  /**
   * Returns a slab with space for a frame, which the caller must write at once after the used bytes. Returns `undefined` if the
   * frame must be passed to `add`.
   */
  room(bytes: number): Slab | undefined;
  /** Writes the queued data now, as far as the operating system accepts it. */
  flush(): void;
  /** Writes everything to the socket, because it is about to be ended. */
  finish(): void;
  /** Drops everything, because the socket is destroyed. */
  drop(): void;
}

/**
 * Combines all writes of one turn of the event loop into one system call per socket. Queues fill while messages are handled, and
 * are written after the turn's input, or earlier if they are large. All sockets of a listener share one scheduler.
 */
export class WriteScheduler {
  #waiting: Flushable[] = [];
  #scheduled = false;
  readonly #slabs: Slab[] = []; // not in use
  #slabsInUse = 0;

  /**
   * Creates the queue of a socket. `owner` is notified about data that waits because the other side does not read. Without an
   * owner, a failure destroys the socket. `joiner` combines the frames of one turn.
   */
  queueFor(socket: Duplex, owner: BacklogOwner = ownerOf(socket), joiner?: FrameJoiner): WriteQueue {
    return new QueuedWrites(socket, { scheduler: this, owner, joiner });
  }

  /** Flushes `what` at the end of the turn. */
  wait(what: Flushable): void {
    this.#waiting.push(what);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Returns a slab; `undefined` if too many are in use. */
  takeSlab(): Slab | undefined {
    if (this.#slabsInUse === MOST_SLABS) return undefined;
    this.#slabsInUse++;
    return this.#slabs.pop() ?? { bytes: Buffer.allocUnsafeSlow(JOIN_LIMIT), used: 0 };
  }

  /**
   * Writes the bytes in a slab and takes it back. It is reused as soon as the socket reports its bytes as written, which is good
   * for CPU caches. The socket must not keep the bytes after that.
   */
  writeSlab(slab: Slab, socket: Duplex, bytes: Uint8Array = slab.bytes.subarray(0, slab.used)): void {
    socket.write(bytes);
    if (socket.writableLength === 0) this.dropSlab(slab);
    else this.#slabsInUse--; // the socket still uses it
  }

  /** Takes back a slab without writing its content. */
  dropSlab(slab: Slab): void {
    this.#slabsInUse--;
    slab.used = 0;
    this.#slabs.push(slab);
  }

  /** Flushes all waiting queues. */
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

/** The parts of a queue besides its socket. */
interface QueueParts {
  readonly scheduler: WriteScheduler;
  readonly owner: BacklogOwner;
  readonly joiner: FrameJoiner | undefined;
}

class QueuedWrites implements WriteQueue {
  maxJoinedBytes = JOIN_LIMIT;
  readonly #socket: Duplex;
  readonly #parts: QueueParts;
  #first: Uint8Array | undefined; // of this turn; usually the only one
  #more: Uint8Array[] | undefined;
  #bytes = 0;
  #slab: Slab | undefined; // used instead of frames
  #backlog: Backlog | undefined; // while the socket cannot take more
  readonly #keepsNothing: boolean; // bytes reported as written have reached the operating system

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

  /** Writes the slab. Only this queue writes to the socket, so the socket is not blocked while there is a slab. */
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

  /** Writes a large frame at once, after the queued data. */
  #addLarge(pieces: Frame): void {
    this.flush();
    const socket = this.#socket;
    if (!socket.writable) return;
    if (this.#isBlocked()) return this.#startBacklog().addPieces(pieces);
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  /** Copies a frame into the slab. Returns false if it has no space left; it is then written. */
  #putInSlab(frame: Uint8Array): boolean {
    const slab = this.room(frame.length);
    if (!slab) return false;
    slab.bytes.set(frame, slab.used);
    slab.used += frame.length;
    return true;
  }

  /** Returns whether the operating system will probably accept data written at the end of this turn. */
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

/** Joins frames, in `room` if it is given. */
function joinedIn(room: Uint8Array | undefined, frames: readonly Uint8Array[], bytes: number): Uint8Array {
  if (!room) return Buffer.concat(frames, bytes);
  let at = 0;
  for (const frame of frames) {
    room.set(frame, at);
    at += frame.length;
  }
  return room.subarray(0, at);
}
