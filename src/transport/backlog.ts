import type { Duplex } from "node:stream";
import { allocate } from "../wire/bytes.js";
import type { Frame } from "./frame.js";
import type { FrameJoiner } from "./frame-joiner.js";

/** Counts the data that waits because the other side does not read. */
export interface BacklogOwner {
  /** A frame is queued. It may be shared with other connections. */
  held(frame: Uint8Array): void;
  /** Small frames of only this connection are queued, `bytes` in total. */
  heldOwn(bytes: number): void;
  /** A queued frame was handed to the operating system, or dropped with its connection. */
  released(frame: Uint8Array): void;
  /** The same for small frames, `bytes` in total. */
  releasedOwn(bytes: number): void;
  /** The queue is empty. */
  emptied(): void;
  /** Writing threw asynchronously. The owner must end the connection. */
  failed(error: unknown): void;
}

/** The memory overhead of a queued frame, in bytes: the object and its list entries. */
export const HELD_FRAME_BYTES = 256;
/** Frames up to this size, in bytes, are copied into blocks, because separate objects would need more memory than their bytes. */
const SMALL_BYTES = 512;
/** The size of a block, in bytes. The first block of a backlog is small, because most connections are slow only briefly. */
const BLOCK_BYTES = { least: 4 * 1024, most: 64 * 1024 };
/** The number of bytes that a socket gets each time it drains. */
const CHUNK_BYTES = 256 * 1024;

/** Combines small frames into one frame, up to a maximum size. */
export interface Joining {
  readonly joiner: FrameJoiner;
  readonly mostBytes: number;
}

/** Consecutive small frames; `used` is the number of bytes filled. */
interface Block {
  readonly bytes: Uint8Array;
  used: number;
}

/**
 * The frames that one socket cannot take yet. Large frames are kept as they are, so that many receivers share one copy. Small
 * frames are copied into blocks, and become one frame if the other side accepts several messages per frame.
 */
export class Backlog {
  readonly #socket: Duplex;
  readonly #owner: BacklogOwner;
  readonly #done: () => void;
  readonly #joining: Joining | undefined;
  #waiting: (Uint8Array | Block)[] = [];
  #next = 0;
  #bytes = 0;
  #open: Block | undefined; // the last block, if it has room
  readonly #whenEmpty: (() => void)[] = [];

  /** `done` is called once, when everything is written or the socket is gone. */
  constructor(socket: Duplex, owner: BacklogOwner, { done, joining }: { done(): void; joining?: Joining | undefined }) {
    this.#socket = socket;
    this.#owner = owner;
    this.#done = done;
    this.#joining = joining;
    socket.on("drain", this.#onDrain);
    socket.on("close", this.drop);
  }

  /** The bytes of the frames plus the memory overhead. */
  get bytes(): number {
    return this.#bytes;
  }

  add(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      const content = frame.length <= SMALL_BYTES ? this.#contentOf(frame) : undefined;
      if (content) this.#join(content);
      else this.#hold(frame);
      if (this.#socket.destroyed) return; // this frame exceeded the limit
    }
  }

  /** Adds one frame given as several chunks. They are never combined with other frames, since most of them have no header. */
  addPieces(pieces: Frame): void {
    for (const piece of pieces) {
      if (this.#joining || piece.length > SMALL_BYTES) this.#hold(piece);
      else this.#join(piece);
      if (this.#socket.destroyed) return; // this frame exceeded the limit
    }
  }

  /** Calls back once, when everything is written or the socket is gone. */
  onceEmpty(callback: () => void): void {
    this.#whenEmpty.push(callback);
  }

  /** Writes everything to the socket, even if it buffers. */
  writeAll(): void {
    this.#write(Number.POSITIVE_INFINITY);
  }

  /** Drops everything, because the socket is closed or about to be destroyed. */
  readonly drop = (): void => {
    for (let index = this.#next; index < this.#waiting.length; index++) {
      this.#release(this.#waiting[index] as Uint8Array | Block);
    }
    this.#end();
  };

  readonly #onDrain = (): void => {
    try {
      while (this.#bytes > 0 && !this.#socket.writableNeedDrain) this.#write(CHUNK_BYTES);
      if (this.#bytes === 0 && !this.#socket.writableNeedDrain) this.#end();
    } catch (error) {
      this.#owner.failed(error);
    }
  };

  #hold(frame: Uint8Array): void {
    this.#open = undefined;
    this.#waiting.push(frame);
    this.#bytes += frame.length + HELD_FRAME_BYTES;
    this.#owner.held(frame);
  }

  /** Returns the part of a small frame that goes into a block; `undefined` if the frame stays separate. */
  #contentOf(frame: Uint8Array): Uint8Array | undefined {
    if (!this.#joining) return frame;
    const start = this.#joining.joiner.contentStart(frame);
    return start === undefined || frame.length > this.#joining.mostBytes ? undefined : frame.subarray(start);
  }

  #join(content: Uint8Array): void {
    let block = this.#open;
    if (!block || block.used + content.length > block.bytes.length) block = this.#openBlock();
    block.bytes.set(content, block.used);
    block.used += content.length;
    this.#bytes += content.length;
    this.#owner.heldOwn(content.length);
  }

  #openBlock(): Block {
    const most = Math.min(
      BLOCK_BYTES.most,
      this.#joining ? this.#headroom + this.#joining.mostBytes : BLOCK_BYTES.most,
    );
    const length = Math.min(Math.max(this.#bytes, BLOCK_BYTES.least), most);
    const block: Block = { bytes: allocate(length), used: this.#headroom };
    this.#open = block;
    this.#waiting.push(block);
    return block;
  }

  #write(mostBytes: number): void {
    const socket = this.#socket;
    socket.cork();
    for (let written = 0; written < mostBytes && this.#next < this.#waiting.length; this.#next++) {
      const item = this.#waiting[this.#next] as Uint8Array | Block;
      if (item === this.#open) this.#open = undefined;
      const bytes = item instanceof Uint8Array ? item : this.#bytesOf(item);
      written += bytes.length;
      this.#release(item);
      socket.write(bytes);
    }
    socket.uncork();
    if (this.#next < this.#waiting.length && this.#next < 1_024) return;
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
  }

  get #headroom(): number {
    return this.#joining?.joiner.headroom ?? 0;
  }

  #bytesOf({ bytes, used }: Block): Uint8Array {
    return this.#joining ? this.#joining.joiner.seal(bytes, used) : bytes.subarray(0, used);
  }

  #release(item: Uint8Array | Block): void {
    if (item instanceof Uint8Array) {
      this.#bytes -= item.length + HELD_FRAME_BYTES;
      this.#owner.released(item);
    } else {
      const bytes = item.used - this.#headroom;
      this.#bytes -= bytes;
      this.#owner.releasedOwn(bytes);
    }
  }

  #end(): void {
    this.#socket.off("drain", this.#onDrain);
    this.#socket.off("close", this.drop);
    this.#waiting = [];
    this.#next = 0;
    this.#open = undefined;
    this.#owner.emptied();
    this.#done();
    for (const each of this.#whenEmpty.splice(0)) each();
  }
}
