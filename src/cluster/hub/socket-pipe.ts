import type { Socket } from "node:net";
import { ChunkReader } from "../../transport/chunk-reader.js";
import type { Pipe } from "../engine.js";

/** The number of queued bytes at which producers are slowed down. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** The number of queued bytes at which waiting producers continue. */
const DRAINED_BYTES = 1024 * 1024;
/** The size of the length before each message, in bytes. */
const HEAD_BYTES = 4;
/** Messages up to this size are copied after their length, and leave in one write. */
const COPIED_BYTES = 16 * 1024;
/** Sent in place of a length: this end leaves, and sends nothing more. */
const FAREWELL = Buffer.alloc(HEAD_BYTES);

/** The services that a pipe uses. The methods throw nothing. */
export interface SocketPipeHost {
  /** Receives what the other end sent, in order and once. */
  receive(bytes: Uint8Array): void;
  /** The socket has ended without a farewell from either end. */
  lost(): void;
}

/** One end of the pipe between two workers: a Unix socket, which keeps the order, loses nothing and slows the writer down. */
export class SocketPipe implements Pipe {
  readonly window: number = WINDOW_BYTES;
  readonly #host: SocketPipeHost;
  readonly #reader: Reader;
  #socket: Socket | undefined;
  #early: Uint8Array[] = []; // before there is a socket
  #earlyBytes = 0;
  #waiting: (() => void)[] = []; // until little is queued
  #isLeaving = false; // this end sends nothing more
  #isParting = false; // the other end sends nothing more
  #isClosed = false;
  #parted: () => void = () => {};
  readonly #gone: Promise<void>;

  constructor(host: SocketPipeHost) {
    this.#host = host;
    this.#gone = new Promise((resolve) => {
      this.#parted = resolve;
    });
    this.#reader = new Reader({
      receive: (bytes) => host.receive(bytes),
      farewell: () => {
        this.#isParting = true;
        if (this.#isLeaving) this.close();
        else this.#socket?.end();
      },
    });
  }

  get unsentBytes(): number {
    return this.#earlyBytes + (this.#socket?.writableLength ?? 0);
  }

  onceDrained(callback: () => void): void {
    if (this.#isClosed || this.unsentBytes <= DRAINED_BYTES) callback();
    else this.#waiting.push(callback);
  }

  send(bytes: Uint8Array): void {
    if (this.#isClosed || this.#isLeaving || this.#isParting) return;
    if (this.#socket) this.#write(this.#socket, bytes);
    else {
      this.#early.push(bytes);
      this.#earlyBytes += bytes.length;
    }
  }

  /** Starts to use a socket. Only the other end's name has been read from it. */
  open(socket: Socket): void {
    if (this.#isClosed) return void socket.destroy();
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      if (!this.#isClosed) this.#reader.read(chunk, true);
    });
    socket.on("drain", () => this.#drained());
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      const isLost = !this.#isClosed && !this.#isLeaving && !this.#isParting;
      this.close();
      if (isLost) this.#host.lost();
    });
    for (const bytes of this.#early.splice(0)) this.#write(socket, bytes);
    this.#earlyBytes = 0;
    if (this.#isLeaving) socket.end(FAREWELL);
  }

  /** Stops sending. Resolves when the other end has read everything, or has ended. */
  leave(): Promise<void> {
    if (!this.#isLeaving && !this.#isClosed) {
      this.#isLeaving = true;
      if (this.#isParting) this.close();
      else this.#socket?.end(FAREWELL);
    }
    return this.#gone;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket?.destroy();
    this.#early = [];
    this.#earlyBytes = 0;
    this.#parted();
    this.#drained();
  }

  #write(socket: Socket, bytes: Uint8Array): void {
    if (bytes.length <= COPIED_BYTES) {
      const whole = Buffer.allocUnsafe(HEAD_BYTES + bytes.length);
      whole.writeUInt32BE(bytes.length);
      whole.set(bytes, HEAD_BYTES);
      socket.write(whole);
      return;
    }
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt32BE(bytes.length);
    socket.cork();
    socket.write(head);
    socket.write(bytes);
    socket.uncork();
  }

  #drained(): void {
    for (const tell of this.#waiting.splice(0)) tell();
  }
}

/** Splits the received bytes into messages. */
class Reader extends ChunkReader {
  protected readonly stopped = false;
  readonly #told: { receive(bytes: Uint8Array): void; farewell(): void };

  constructor(told: { receive(bytes: Uint8Array): void; farewell(): void }) {
    super();
    this.#told = told;
  }

  protected frame(bytes: Buffer, at: number): number {
    if (bytes.length - at < HEAD_BYTES) return this.wait(at, HEAD_BYTES);
    const start = at + HEAD_BYTES;
    const length = bytes.readUInt32BE(at);
    if (bytes.length - start < length) return this.wait(at, HEAD_BYTES + length);
    if (length === 0) this.#told.farewell();
    else this.#told.receive(bytes.subarray(start, start + length));
    return start + length;
  }
}
