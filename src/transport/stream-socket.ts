import { Socket } from "node:net";
import type { PlainWriter } from "../wire/serializer.js";
import type { BacklogOwner } from "./backlog.js";
import type { Connection } from "./connections.js";
import type { Endings } from "./endings.js";
import { type Frame, frameBytes } from "./frame.js";
import type { FrameJoiner } from "./frame-joiner.js";
import { Liveness, type LivenessTarget } from "./liveness.js";
import type { SentWork } from "./sent-work.js";
import type { ByteListener } from "./socket.js";
import type { CutCause, Reading } from "./transport.js";
import type { SlowConnection, UnsentTotal } from "./unsent.js";
import type { WriteQueue, WriteScheduler } from "./write-queue.js";

/** The parts of one end of a byte stream, independent of the framing. */
export interface StreamSocketParts {
  /** The connection, after its handshake. */
  readonly connection: Connection;
  readonly scheduler: WriteScheduler;
  readonly unsent: UnsentTotal;
  readonly endings: Endings;
  /** The maximum number of unsent bytes. Beyond it, the connection is cut because the other side is too slow. */
  readonly maxUnsentBytes: number;
  /** Reports an internal error, after which the connection has ended. */
  report(error: unknown): void;
}

/**
 * One end of a byte stream: sending and its limits, reading and pausing, liveness, and the end of the connection. Subclasses
 * implement the framing.
 */
export abstract class StreamSocket implements BacklogOwner, LivenessTarget, Reading, SlowConnection {
  readonly liveness: Liveness = new Liveness(this);
  readonly reading: Reading = this;
  paused = false;
  protected readonly connection: Connection;
  protected readonly queue: WriteQueue;
  protected listener: ByteListener | undefined;
  readonly #parts: StreamSocketParts;
  readonly #work: SentWork;
  #cut: CutCause | undefined;

  /** `joiner` combines the frames of one turn. */
  constructor(parts: StreamSocketParts, joiner?: FrameJoiner) {
    this.#parts = parts;
    this.connection = parts.connection;
    this.#work = parts.unsent.work;
    this.queue = parts.scheduler.queueFor(parts.connection.socket, this, joiner);
  }

  abstract ping(): void;
  /** Returns the length of a frame header. Absent if frames cannot be written directly, such as a client's masked frames. */
  protected headerBytes?(messageBytes: number): number;
  protected writeHeader?(bytes: Uint8Array, at: number, messageBytes: number): void;

  get unsentBytes(): number {
    return this.queue.unsentBytes;
  }

  get maxUnsentBytes(): number {
    return this.#parts.maxUnsentBytes;
  }

  get awaitsAnswer(): boolean {
    return this.listener?.owesAnswer() ?? false;
  }

  get gone(): boolean {
    return this.connection.state === "closed";
  }

  /** Whether reading is paused or the connection is gone. */
  get stopped(): boolean {
    return this.paused || this.gone;
  }

  /** Cuts the connection and drops its queues. `reason` is for this side. */
  cut(reason: string, cause: CutCause): void {
    if (this.gone) return;
    this.#cut = cause;
    this.connection.destroy(reason);
    this.letGo();
  }

  held(frame: Uint8Array): void {
    this.#parts.unsent.hold(this, frame);
  }

  heldOwn(bytes: number): void {
    this.#parts.unsent.holdOwn(this, bytes);
  }

  released(frame: Uint8Array): void {
    this.#parts.unsent.release(frame);
  }

  releasedOwn(bytes: number): void {
    this.#parts.unsent.releaseOwn(bytes);
  }

  emptied(): void {
    this.#parts.unsent.forget(this);
  }

  failed(error: unknown): void {
    this.cut("internal error", "failed");
    this.#parts.report(error);
  }

  pause(): void {
    this.paused = true;
    this.connection.socket.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (!this.stopped) this.connection.socket.resume();
  }

  onceDrained(callback: () => void): void {
    this.queue.onceDrained(callback);
  }

  frozen(isFrozen: boolean): void {
    this.listener?.frozen(isFrozen);
  }

  overhead(bytes: number): void {
    this.listener?.overhead(bytes);
  }

  /** Counts the memory of a message that has arrived in part, in bytes; 0 once it is complete. */
  unfinished(bytes: number): void {
    this.#parts.unsent.unfinished.hold(this, bytes);
  }

  /**
   * Starts to read. `read` returns the unread rest if this socket is paused. `isOwn` means that nobody else uses the chunk's
   * memory.
   */
  protected start(listener: ByteListener, read: (chunk: Buffer, isOwn: boolean) => Buffer | undefined): void {
    this.listener = listener;
    const { socket } = this.connection;
    const { endings } = this.#parts;
    const isOwn = socket instanceof Socket; // other streams may forward memory that its writer still uses
    socket.on("data", (chunk: Buffer) => {
      this.liveness.heard = true;
      this.guard(() => {
        const rest = read(chunk, isOwn);
        if (rest && !this.gone) socket.unshift(rest);
      });
    });
    socket.on("end", () => {
      this.queue.finish();
      this.connection.ended();
      endings.close(this.connection);
    });
    socket.on("close", () => {
      this.letGo();
      if (this.listener) endings.tell(() => this.tellClosed());
    });
  }

  /** See `ByteSocket`. */
  sendPlain(writer: PlainWriter, messageBytes: number): boolean {
    if (this.connection.state !== "open" || this.isTooSlow()) return true;
    const header = this.headerBytes?.(messageBytes);
    if (header === undefined) return false;
    const slab = this.queue.room(header + messageBytes);
    if (!slab) return false;
    this.writeHeader?.(slab.bytes, slab.used, messageBytes);
    writer.write(slab.bytes, slab.used + header);
    slab.used += header + messageBytes;
    this.#work.add(header + messageBytes);
    return true;
  }

  /** Counts a frame to be sent. Returns false if the connection is closing, or is cut because it is too slow. */
  protected admits(frame: Frame): boolean {
    if (this.connection.state !== "open" || this.isTooSlow()) return false;
    this.#work.add(frameBytes(frame));
    return true;
  }

  /** Cuts the connection if too many bytes are unsent. */
  protected isTooSlow(): boolean {
    const { unsentBytes } = this.queue;
    if (unsentBytes <= this.#parts.maxUnsentBytes) return false;
    this.cut(`the peer is too slow: ${unsentBytes} bytes are unsent`, "slow");
    return true;
  }

  /** Runs a function. An exception ends this connection, not the process. */
  protected guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Reports the end of the connection once. */
  protected tellClosed(): void {
    const { listener } = this;
    this.listener = undefined;
    listener?.closed(this.connection.endReason ?? "closed with code 1006", this.#cut);
  }

  /** Drops everything that is queued. */
  protected letGo(): void {
    this.unfinished(0);
    this.queue.drop();
  }
}
