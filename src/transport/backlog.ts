import type { Duplex } from "node:stream";

/** Whoever counts what waits because the other side does not read. */
export interface BacklogOwner {
  /** A frame has to wait. It may be shared with other connections. */
  held(frame: Uint8Array): void;
  /** A frame that waited is with the operating system, or dropped with its connection. */
  released(frame: Uint8Array): void;
  /** Nothing waits any more. */
  emptied(): void;
  /** Writing threw outside of any call of the owner's: the connection has to be ended. */
  failed(error: unknown): void;
}

/** How much is given to a socket each time that it takes more. */
const CHUNK_BYTES = 256 * 1024;

/** The frames that one socket does not take yet: they stay as they were made, so that those of many receivers exist once. */
export class Backlog {
  readonly #socket: Duplex;
  readonly #owner: BacklogOwner;
  readonly #done: () => void;
  #frames: Uint8Array[] = [];
  #next = 0;
  #bytes = 0;
  readonly #whenEmpty: (() => void)[] = [];

  /** `done` is called once, when all is written or the socket is gone. */
  constructor(socket: Duplex, owner: BacklogOwner, done: () => void) {
    this.#socket = socket;
    this.#owner = owner;
    this.#done = done;
    socket.on("drain", this.#onDrain);
    socket.on("close", this.drop);
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      this.#frames.push(frame);
      this.#bytes += frame.length;
      this.#owner.held(frame);
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

  readonly #onDrain = (): void => {
    try {
      while (this.#bytes > 0 && !this.#socket.writableNeedDrain) this.#write(CHUNK_BYTES);
      if (this.#bytes === 0 && !this.#socket.writableNeedDrain) this.#end();
    } catch (error) {
      this.#owner.failed(error);
    }
  };

  /** Lets go of all that waits, because the socket is gone or is about to be destroyed. */
  readonly drop = (): void => {
    for (const frame of this.#frames.slice(this.#next)) this.#owner.released(frame);
    this.#bytes = 0;
    this.#end();
  };

  #write(mostBytes: number): void {
    const socket = this.#socket;
    socket.cork();
    for (let written = 0; written < mostBytes && this.#next < this.#frames.length; this.#next++) {
      const frame = this.#frames[this.#next] as Uint8Array;
      written += frame.length;
      this.#bytes -= frame.length;
      socket.write(frame);
      this.#owner.released(frame);
    }
    socket.uncork();
    if (this.#next < this.#frames.length && this.#next < 1_024) return;
    this.#frames = this.#frames.slice(this.#next);
    this.#next = 0;
  }

  #end(): void {
    this.#socket.off("drain", this.#onDrain);
    this.#socket.off("close", this.drop);
    this.#frames = [];
    this.#owner.emptied();
    this.#done();
    for (const each of this.#whenEmpty.splice(0)) each();
  }
}
