import { PAYLOAD_SIZE_EXCEEDED } from "../../wire/uris.js";
import type { BacklogOwner } from "../backlog.js";
import type { Connection } from "../connections.js";
import type { Endings } from "../endings.js";
import { Liveness, type LivenessTarget } from "../liveness.js";
import type { SentWork } from "../sent-work.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import type { CutCause, Reading } from "../transport.js";
import type { SlowConnection, UnsentTotal } from "../unsent.js";
import type { WriteQueue, WriteScheduler } from "../write-queue.js";
import { closePayload } from "./close.js";
import { type Compression, Deflater } from "./compression.js";
import { controlFrame, type Frame, frameBytes } from "./frame.js";
import type { CompressionFault, Inflater, InflaterClient } from "./inflater.js";
import { type FrameListener, FrameParser, NO_STATUS, TOO_LARGE } from "./parser.js";

/**
 * How much may wait for the compressor, as a multiple of `maxUnsentBytes`. That it waits is no fault of the peer's, and whoever sends is
 * slowed down long before; but not every sender can be.
 */
const COMPRESSOR_SHARE = 4;

/** The part of `maxUnsentBytes` that may wait for the compressor before whoever sends more has to wait. */
const COMPRESSOR_BEHIND = 0.25;

/** What a server's end of a WebSocket needs to know. */
export interface ServerWebSocketOptions {
  /** Past the handshake. */
  readonly connection: Connection;
  readonly scheduler: WriteScheduler;
  readonly unsent: UnsentTotal;
  readonly endings: Endings;
  readonly binary: boolean;
  /** In words, what is wrong with a frame of the other kind. */
  readonly wrongKind: string;
  readonly maxMessageBytes: number;
  /** Unsent bytes beyond which the other side is too slow to be kept. */
  readonly maxUnsentBytes: number;
  /** The compression that was agreed on, if any was. */
  readonly compression: Compression | undefined;
  /** Of all connections of the listener. */
  readonly inflater: Inflater;
  /** Takes a fault of this process, which has ended the connection. */
  report(error: unknown): void;
}

/**
 * The server's end of a WebSocket, straight on its connection: it takes whole frames, which several sockets may share, and writes what a
 * turn has gathered at once. Half the memory and most of the speed of a router are here.
 */
export class ServerWebSocket
  implements ByteSocket<Frame>, BacklogOwner, FrameListener, InflaterClient, LivenessTarget, Reading, SlowConnection
{
  readonly liveness: Liveness = new Liveness(this);
  readonly reading: Reading = this;
  paused = false;
  readonly #work: SentWork;
  readonly #options: ServerWebSocketOptions;
  readonly #queue: WriteQueue;
  readonly #deflater: Deflater | undefined;
  #listener: ByteListener | undefined;
  #inflating = false;
  #cut: CutCause | undefined;
  #faultCode: number | undefined;

  constructor(options: ServerWebSocketOptions) {
    this.#options = options;
    this.#work = options.unsent.work;
    const { compression, scheduler, connection, binary } = options;
    const queue = scheduler.queueFor(connection.socket, this);
    this.#queue = queue;
    this.#deflater =
      compression &&
      new Deflater(compression, { binary, write: (frame) => queue.add(frame), failed: (error) => this.failed(error) });
  }

  get unsentBytes(): number {
    return this.#queue.unsentBytes + (this.#deflater?.waitingBytes ?? 0);
  }

  get maxUnsentBytes(): number {
    return this.#options.maxUnsentBytes;
  }

  get awaitsAnswer(): boolean {
    return this.#listener?.owesAnswer() ?? false;
  }

  /** Whether the parser has to wait, or nobody is left to read for. */
  get stopped(): boolean {
    return this.paused || this.#inflating || this.gone;
  }

  get gone(): boolean {
    return this.#options.connection.state === "closed";
  }

  open(listener: ByteListener): void {
    this.#listener = listener;
    const { connection, endings, maxMessageBytes, compression } = this.#options;
    const { socket } = connection;
    const parser = new FrameParser(this, { maxMessageBytes, compression: compression !== undefined });
    socket.on("data", (chunk: Buffer) => {
      this.liveness.heard = true;
      this.#guard(() => {
        const rest = parser.read(chunk);
        if (rest && !this.gone) socket.unshift(rest);
      });
    });
    socket.on("end", () => {
      this.#queue.finish();
      connection.ended();
      endings.close(connection);
    });
    socket.on("close", () => {
      this.#letGo();
      if (this.#listener) endings.tell(() => this.#tellClosed());
    });
  }

  send(frame: Frame): void {
    if (this.#options.connection.state !== "open" || this.#isTooSlow()) return;
    this.#work.add(frameBytes(frame));
    if (this.#deflater) this.#compress(frame, this.#deflater);
    else this.#queue.add(frame);
  }

  close(code: number, reason: string): void {
    const { connection } = this.#options;
    if (connection.state !== "open") return;
    this.resume();
    connection.closing();
    const finish = () => {
      this.#sendClose(this.#faultCode ?? code, reason);
      if (this.#faultCode !== undefined) connection.end(); // what comes after a fault cannot be read, an answer neither
    };
    if (this.#deflater) this.#deflater.onceEmpty(finish);
    else finish();
  }

  /** Ends the connection at once, with a reason for our own side. What waited for it is let go of at once, too. */
  cut(reason: string, cause: CutCause): void {
    if (this.gone) return;
    this.#cut = cause;
    this.#options.connection.destroy(reason);
    this.#letGo();
  }

  held(frame: Uint8Array): void {
    this.#options.unsent.hold(this, frame);
  }

  heldOwn(bytes: number): void {
    this.#options.unsent.holdOwn(this, bytes);
  }

  released(frame: Uint8Array): void {
    this.#options.unsent.release(frame);
  }

  releasedOwn(bytes: number): void {
    this.#options.unsent.releaseOwn(bytes);
  }

  emptied(): void {
    this.#options.unsent.forget(this);
  }

  pause(): void {
    this.paused = true;
    this.#options.connection.socket.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (!this.#inflating) this.#options.connection.socket.resume();
  }

  onceDrained(callback: () => void): void {
    if (this.#deflater) this.#deflater.onceEmpty(() => this.#queue.onceDrained(callback));
    else this.#queue.onceDrained(callback);
  }

  ping(): void {
    if (this.#options.connection.state === "open") this.#control("ping");
  }

  frozen(isFrozen: boolean): void {
    this.#listener?.frozen(isFrozen);
  }

  message(data: Buffer, binary: boolean): void {
    if (binary === this.#options.binary) this.#listener?.receive(data);
    else this.#listener?.malformed(this.#options.wrongKind);
  }

  /** Nothing more is parsed until the message is read, so that messages keep their order and only one waits. */
  compressed(data: Buffer, binary: boolean): void {
    const { connection, inflater } = this.#options;
    this.#inflating = true;
    connection.socket.pause();
    inflater.inflate(this, data, binary);
  }

  inflated(fault: CompressionFault | undefined, message: Buffer, binary: boolean): void {
    this.#inflating = false;
    this.#guard(() => (fault ? this.fault(fault.code, fault.what) : this.message(message, binary)));
    if (!this.paused) this.#options.connection.socket.resume();
  }

  pinged(data: Buffer): void {
    this.#listener?.overhead(data.length);
    if (this.#options.connection.state === "open" && !this.#isTooSlow()) this.#control("pong", data);
  }

  overhead(bytes: number): void {
    this.#listener?.overhead(bytes);
  }

  closing(code: number, reason: string): void {
    const { connection } = this.#options;
    connection.endReason ??= reason || `closed with code ${code}`;
    if (connection.state === "open") this.#sendClose(code === NO_STATUS ? undefined : code, "");
    connection.end();
    this.#tellClosed(); // whatever the connection below does from here on
  }

  fault(code: number, what: string): void {
    this.#faultCode = code;
    this.#listener?.malformed(what, code === TOO_LARGE ? PAYLOAD_SIZE_EXCEEDED : undefined);
    this.close(code, "");
  }

  failed(error: unknown): void {
    this.cut("internal error", "failed");
    this.#options.report(error);
  }

  /** An exception ends this connection, not the process. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.failed(error);
    }
  }

  #letGo(): void {
    this.#deflater?.drop();
    this.#queue.drop();
  }

  #tellClosed(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.closed(this.#options.connection.endReason ?? "closed with code 1006", this.#cut);
  }

  #compress(frame: Frame, deflater: Deflater): void {
    if (deflater.waitingBytes > this.#options.maxUnsentBytes * COMPRESSOR_BEHIND) this.#work.overloaded = deflater;
    deflater.send(frame);
  }

  #isTooSlow(): boolean {
    const { maxUnsentBytes } = this.#options;
    const unsent = this.#queue.unsentBytes;
    const uncompressed = this.#deflater?.waitingBytes ?? 0;
    if (unsent <= maxUnsentBytes && uncompressed <= maxUnsentBytes * COMPRESSOR_SHARE) return false;
    if (unsent > maxUnsentBytes) this.cut(`the peer is too slow: ${unsent} bytes wait to be sent`, "slow");
    else this.cut(`the compressor is too slow for this peer: ${uncompressed} bytes wait to be compressed`, "slow");
    return true;
  }

  #control(kind: "ping" | "pong", data?: Uint8Array): void {
    this.#queue.add([controlFrame(kind, data)]);
  }

  #sendClose(code: number | undefined, reason: string): void {
    this.#queue.add([controlFrame("close", closePayload(code, reason))]);
    this.#queue.finish();
  }
}
