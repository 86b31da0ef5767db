import type { Frame } from "../frame.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import { JOIN_LIMIT } from "../write-queue.js";
import { BatchJoiner } from "./batch-joiner.js";
import { type Compression, Deflater } from "./compression.js";
import { WebSocketEnd, type WebSocketEndParts } from "./end.js";
import { type ControlKind, controlFrame, firstByte, headerLength, writeHeader } from "./frame.js";
import type { CompressionFault, Inflater, InflaterClient } from "./inflater.js";

/**
 * The maximum number of bytes that wait for the compressor, as a multiple of `maxUnsentBytes`. It is large because the wait is
 * not the peer's fault. Senders are slowed down long before, where that is possible.
 */
const COMPRESSOR_SHARE = 4;

/** The fraction of `maxUnsentBytes` that may wait for the compressor before senders are slowed down. */
const COMPRESSOR_BEHIND = 0.25;

/** The parts of a server's end of a WebSocket. */
export interface ServerWebSocketOptions extends WebSocketEndParts {
  /** Whether a frame may contain several messages. */
  readonly batched: boolean;
  /** The negotiated compression, if any. */
  readonly compression: Compression | undefined;
  /** Shared by all connections of the listener. */
  readonly inflater: Inflater;
}

/**
 * The server's end of a WebSocket. It sends whole frames, which several sockets may share, and combines the writes of a turn. It
 * determines half of a router's memory use and most of its speed.
 */
export class ServerWebSocket extends WebSocketEnd implements ByteSocket<Frame>, InflaterClient {
  readonly takesPlain: boolean;
  readonly #options: ServerWebSocketOptions;
  readonly #header: { length: number; readonly first: number; readonly maskBit: 0 }; // reused for each frame
  readonly #deflater: Deflater | undefined;
  #inflating = false;

  constructor(options: ServerWebSocketOptions) {
    const joiner = options.batched ? new BatchJoiner(options.binary) : undefined;
    super(options, options.compression ? undefined : joiner); // with compression, messages are combined before
    this.#options = options;
    this.#header = { length: 0, first: firstByte(options.binary), maskBit: 0 };
    this.takesPlain = !options.batched && !options.compression;
    const { compression, scheduler, binary } = options;
    const { queue } = this;
    const write = (frame: Frame) => queue.add(frame);
    const failed = (error: unknown) => this.failed(error);
    this.#deflater =
      compression &&
      new Deflater(compression, { binary, write, failed, batches: joiner && { joiner, scheduler, queue } });
  }

  set maxSendBytes(bytes: number | undefined) {
    this.queue.maxJoinedBytes = Math.min(bytes ?? JOIN_LIMIT, JOIN_LIMIT);
  }

  override get unsentBytes(): number {
    return this.queue.unsentBytes + (this.#deflater?.waitingBytes ?? 0);
  }

  /** Whether the parser must wait, or the connection is gone. */
  override get stopped(): boolean {
    return this.#inflating || super.stopped;
  }

  open(listener: ByteListener): void {
    this.startReading(listener, { masked: true, compression: this.#options.compression !== undefined });
  }

  send(frame: Frame): void {
    if (!this.admits(frame)) return;
    if (this.#deflater) this.#compress(frame, this.#deflater);
    else this.queue.add(frame);
  }

  close(code: number, reason: string): void {
    const { connection } = this;
    if (connection.state !== "open") return;
    this.resume();
    connection.closing();
    if (this.#deflater) this.#deflater.onceEmpty(() => this.finish(code, reason));
    else this.finish(code, reason);
  }

  override onceDrained(callback: () => void): void {
    if (this.#deflater) this.#deflater.onceEmpty(() => super.onceDrained(callback));
    else super.onceDrained(callback);
  }

  protected override control(kind: ControlKind, data?: Uint8Array): Uint8Array {
    return controlFrame(kind, data);
  }

  protected override take(message: Buffer): void {
    this.listener?.receive(message);
  }

  /** Pauses parsing until the message is decompressed, so that messages stay in order and at most one waits. */
  compressed(data: Buffer, binary: boolean): void {
    this.#inflating = true;
    this.connection.socket.pause();
    this.unfinished(data.length);
    this.#options.inflater.inflate(this, data, binary);
  }

  inflated(fault: CompressionFault | undefined, message: Buffer, binary: boolean): void {
    this.#inflating = false;
    this.unfinished(0);
    this.guard(() => (fault ? this.fault(fault.code, fault.what) : this.message(message, binary)));
    if (!this.paused) this.connection.socket.resume();
  }

  protected override headerBytes(messageBytes: number): number {
    return headerLength(messageBytes);
  }

  protected override writeHeader(bytes: Uint8Array, at: number, length: number): void {
    this.#header.length = length;
    writeHeader(bytes, at, this.#header);
  }

  #compress(frame: Frame, deflater: Deflater): void {
    if (deflater.waitingBytes > this.maxUnsentBytes * COMPRESSOR_BEHIND)
      this.#options.unsent.work.overloaded = deflater;
    deflater.send(frame);
  }

  protected override isTooSlow(): boolean {
    return super.isTooSlow() || this.#compressorIsTooSlow();
  }

  protected override letGo(): void {
    this.#deflater?.drop();
    super.letGo();
  }

  #compressorIsTooSlow(): boolean {
    const bytes = this.#deflater?.waitingBytes ?? 0;
    if (bytes <= this.maxUnsentBytes * COMPRESSOR_SHARE) return false;
    this.cut(`the compressor is too slow for this peer: ${bytes} bytes wait to be compressed`, "slow");
    return true;
  }
}
