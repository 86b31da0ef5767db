import type { Duplex } from "node:stream";
import { allocate } from "../wire/bytes.js";
import type { Frame } from "./frame.js";
import type { FrameJoiner } from "./frame-joiner.js";

/** Whoever counts what waits because the other side does not read. */
export interface BacklogOwner {
  /** A frame has to wait. It may be shared with other connections. */
  held(frame: Uint8Array): void;
  /** Small frames of this connection alone have to wait, as so many bytes. */
  heldOwn(bytes: number): void;
  /** A frame that waited is with the operating system, or dropped with its connection. */
  released(frame: Uint8Array): void;
  /** As many bytes of small frames are, too. */
  releasedOwn(bytes: number): void;
  /** Nothing waits any more. */
  emptied(): void;
  /** Writing threw outside of any call of the owner's: the connection has to be ended. */
  failed(error: unknown): void;
}

/** What a frame that waits costs beside its bytes: the object and its places in lists. */
export const HELD_FRAME_BYTES = 256;
/** Frames up to this size are copied into blocks: as objects of their own they would cost more than their bytes. */
const SMALL_BYTES = 512;
/** How large a block becomes. The first of a backlog is small, since most slow connections are slow for a moment only. */
const BLOCK_BYTES = { least: 4 * 1024, most: 64 * 1024 };
/** How much is given to a socket each time that it takes more. */
const CHUNK_BYTES = 256 * 1024;

/** What makes one frame of small ones, and how large that may become. */
export interface Joining {
  readonly joiner: FrameJoiner;
  readonly mostBytes: number;
}

/** Small frames behind each other; `used` says how far it is filled. */
interface Block {
  readonly bytes: Uint8Array;
  used: number;
}

/**
 * The frames that one socket does not take yet. Large ones stay as they were made, so that those of many receivers exist once; small ones
 * are put behind each other, and become one frame where the other side takes several messages in one.
 */
export class Backlog {
  readonly #socket: Duplex;
  readonly #owner: BacklogOwner;
  readonly #done: () => void;
  readonly #joining: Joining | undefined;
  #waiting: (Uint8Array | Block)[] = [];
  #next = 0;
  #bytes = 0;
  #open: Block | undefined; // the last that waits, if it is a block with room
  readonly #whenEmpty: (() => void)[] = [];

  /** `done` is called once, when all is written or the socket is gone. */
  constructor(socket: Duplex, owner: BacklogOwner, { done, joining }: { done(): void; joining?: Joining | undefined }) {
    this.#socket = socket;
    this.#owner = owner;
    this.#done = done;
    this.#joining = joining;
    socket.on("drain", this.#onDrain);
    socket.on("close", this.drop);
  }

  /** The bytes of the frames, and what it costs to hold them. */
  get bytes(): number {
    return this.#bytes;
  }

  add(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      const content = frame.length <= SMALL_BYTES ? this.#contentOf(frame) : undefined;
      if (content) this.#join(content);
      else this.#hold(frame);
      if (this.#socket.destroyed) return; // it was cut for this frame
    }
  }

  /** Adds one frame that is in pieces, which are never joined to other frames: most of them have no header. */
  addPieces(pieces: Frame): void {
    for (const piece of pieces) {
      if (this.#joining || piece.length > SMALL_BYTES) this.#hold(piece);
      else this.#join(piece);
      if (this.#socket.destroyed) return; // it was cut for this frame
    }
  }

  /** Calls back, once, when all is written or the socket is gone. */
  onceEmpty(callback: () => void): void {
    this.#whenEmpty.push(callback);
  }

  /** Gives the socket everything, whether it takes it or not. */
  writeAll(): void {
    this.#write(Number.POSITIVE_INFINITY);
  }

  /** Lets go of all that waits, because the socket is gone or is about to be destroyed. */
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

  /** What of a small frame goes into a block; `undefined` where it stays by itself. */
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
