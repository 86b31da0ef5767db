import type { Frame } from "../frame.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import { JOIN_LIMIT } from "../write-queue.js";
import { BatchJoiner } from "./batch-joiner.js";
import { type Compression, Deflater } from "./compression.js";
import { WebSocketEnd, type WebSocketEndParts } from "./end.js";
import { type ControlKind, controlFrame, firstByte, headerLength, writeHeader } from "./frame.js";
import type { CompressionFault, Inflater, InflaterClient } from "./inflater.js";

/**
 * How much may wait for the compressor, as a multiple of `maxUnsentBytes`. That it waits is no fault of the peer's, and whoever sends is
 * slowed down long before; but not every sender can be.
 */
const COMPRESSOR_SHARE = 4;

/** The part of `maxUnsentBytes` that may wait for the compressor before whoever sends more has to wait. */
const COMPRESSOR_BEHIND = 0.25;

/** What a server's end of a WebSocket needs to know. */
export interface ServerWebSocketOptions extends WebSocketEndParts {
  /** Whether several messages travel in one frame. */
  readonly batched: boolean;
  /** The compression that was agreed on, if any was. */
  readonly compression: Compression | undefined;
  /** Of all connections of the listener. */
  readonly inflater: Inflater;
}

/**
 * The server's end of a WebSocket, straight on its connection: it takes whole frames, which several sockets may share, and writes what a
 * turn has gathered at once. Half the memory and most of the speed of a router are here.
 */
export class ServerWebSocket extends WebSocketEnd implements ByteSocket<Frame>, InflaterClient {
  readonly takesPlain: boolean;
  readonly #options: ServerWebSocketOptions;
  readonly #header: { length: number; readonly first: number; readonly maskBit: 0 }; // used again for each frame
  readonly #deflater: Deflater | undefined;
  #inflating = false;

  constructor(options: ServerWebSocketOptions) {
    const joiner = options.batched ? new BatchJoiner(options.binary) : undefined;
    super(options, options.compression ? undefined : joiner); // what is compressed is joined before
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

  /** Whether the parser has to wait, or nobody is left to read for. */
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

  /** Nothing more is parsed until the message is read, so that messages keep their order and only one waits. */
  compressed(data: Buffer, binary: boolean): void {
    this.#inflating = true;
    this.connection.socket.pause();
    this.#options.inflater.inflate(this, data, binary);
  }

  inflated(fault: CompressionFault | undefined, message: Buffer, binary: boolean): void {
    this.#inflating = false;
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
