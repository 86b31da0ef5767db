import { constants, deflateRaw } from "node:zlib";
import { Fifo } from "../fifo.js";
import { type Frame, frameBytes } from "../frame.js";
import type { FrameJoiner } from "../frame-joiner.js";
import type { Flushable, WriteQueue, WriteScheduler } from "../write-queue.js";
import { compressedFrame } from "./frame.js";

/**
 * The negotiated compression. Each message is compressed separately (`no_context_takeover` in both directions), so a connection
 * keeps no compressor state in memory. Spec: RFC 7692.
 */
export interface Compression {
  /** The value of `Sec-WebSocket-Extensions` in the answer. */
  readonly header: string;
  /** The base-2 logarithm of the window that the client can decompress. */
  readonly windowBits: number;
}

const NAME = "permessage-deflate";
const DEFAULT_WINDOW_BITS = 15;
/** The minimum size of a compressed message, in bytes. */
const THRESHOLD_BYTES = 1_024;
/** The end of a compressed message, which is not sent. Spec: RFC 7692, "Compression". */
export const TAIL: Buffer = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** Returns the first acceptable offer of a client; `undefined` if there is none. */
export function negotiate(header: string | undefined): Compression | undefined {
  for (const offer of (header ?? "").split(",")) {
    const [name = "", ...parameters] = offer.split(";").map((part) => part.trim());
    const accepted = name === NAME ? accept(parameters) : undefined;
    if (accepted) return accepted;
  }
  return undefined;
}

function accept(parameters: readonly string[]): Compression | undefined {
  let windowBits = DEFAULT_WINDOW_BITS;
  const seen = new Set<string>();
  for (const parameter of parameters) {
    const [name = "", value] = parameter.split("=").map((part) => part.trim().replaceAll('"', ""));
    if (seen.has(name)) return undefined;
    seen.add(name);
    const bits = value === undefined ? undefined : windowBitsOf(value);
    if (name === "server_max_window_bits" && bits !== undefined) windowBits = bits;
    else if (name === "client_max_window_bits" && (value === undefined || bits !== undefined)) continue;
    else if (!/^(server|client)_no_context_takeover$/.test(name) || value !== undefined) return undefined;
  }
  if (windowBits < 9) return undefined; // zlib does not support raw streams with 8 bits
  const ours = windowBits === DEFAULT_WINDOW_BITS ? "" : `; server_max_window_bits=${windowBits}`;
  return { header: `${NAME}; server_no_context_takeover; client_no_context_takeover${ours}`, windowBits };
}

function windowBitsOf(value: string): number | undefined {
  return /^(8|9|1[0-5])$/.test(value) ? Number(value) : undefined;
}

/** The parts of a deflater besides the negotiated compression. */
export interface DeflaterParts {
  readonly binary: boolean;
  /** Writes a frame, compressed or not. Called in the order of sending. */
  write(frame: Frame): void;
  /** Reports an exception that occurred asynchronously. */
  failed(error: unknown): void;
  /** Set if a frame may contain several messages. */
  readonly batches?: TurnParts | undefined;
}

/** Combines the frames of a turn, with the queue that `write` writes to. */
export interface TurnParts {
  readonly joiner: FrameJoiner;
  readonly scheduler: WriteScheduler;
  readonly queue: WriteQueue;
}

/** Compresses the messages of one connection in order. With batches, it combines the messages of a turn first. */
export class Deflater implements Flushable {
  readonly #compression: Compression;
  readonly #parts: DeflaterParts;
  readonly #waiting = new Fifo<Frame>();
  #waitingBytes = 0;
  #busy = false;
  #awaitsEndOfTurn = false;
  #dropped = false;
  readonly #whenEmpty: (() => void)[] = [];

  constructor(compression: Compression, parts: DeflaterParts) {
    this.#compression = compression;
    this.#parts = parts;
  }

  /** The number of bytes that wait to be compressed. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Queues a whole uncompressed frame. */
  send(frame: Frame): void {
    this.#waiting.add(frame);
    this.#waitingBytes += frameBytes(frame);
    if (this.#busy || this.#awaitsEndOfTurn) return;
    if (!this.#parts.batches) return this.#proceed();
    this.#awaitsEndOfTurn = true;
    this.#parts.batches.scheduler.wait(this);
  }

  flushSafely(): void {
    this.#awaitsEndOfTurn = false;
    try {
      this.#proceed();
    } catch (error) {
      this.#parts.failed(error);
    }
    this.#parts.batches?.queue.flushSafely();
  }

  /** Calls back once, when everything is written or dropped; at once if that is already so. */
  onceEmpty(callback: () => void): void {
    if ((this.#busy || this.#awaitsEndOfTurn) && !this.#dropped) this.#whenEmpty.push(callback);
    else callback();
  }

  /** Drops everything, because the connection is gone. */
  drop(): void {
    this.#dropped = true;
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#tellEmpty();
  }

  #proceed(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      const { frame, bytes } = next;
      if (frameBytes(frame) >= THRESHOLD_BYTES) return this.#compress(frame, bytes);
      this.#done(frame, bytes);
    }
    this.#tellEmpty();
  }

  /** Returns the next frame, and the number of queued bytes in it. */
  #next(): { readonly frame: Frame; readonly bytes: number } | undefined {
    const frame = this.#waiting.take();
    if (!frame) return undefined;
    const { batches } = this.#parts;
    return batches && frame.length === 1 ? this.#joined(frame, batches) : { frame, bytes: frameBytes(frame) };
  }

  /** Combines a frame with the queued ones after it, as far as they may share a frame. */
  #joined(first: Frame, { joiner, queue }: TurnParts): { readonly frame: Frame; readonly bytes: number } {
    const frames = [...first];
    let bytes = frameBytes(first);
    for (let next = this.#waiting.first; next?.length === 1; next = this.#waiting.first) {
      if (bytes + frameBytes(next) > queue.maxJoinedBytes) break;
      frames.push(...next);
      bytes += frameBytes(next);
      this.#waiting.take();
    }
    return { frame: frames.length > 1 ? [joiner.join(frames, bytes)] : first, bytes };
  }

  #tellEmpty(): void {
    for (const each of this.#whenEmpty.splice(0)) each();
  }

  #compress(frame: Frame, bytes: number): void {
    this.#busy = true;
    const { windowBits } = this.#compression;
    deflateRaw(payloadOf(whole(frame)), { windowBits, finishFlush: constants.Z_SYNC_FLUSH }, (error, data) => {
      this.#busy = false;
      if (this.#dropped) return;
      try {
        // An error means lack of memory. The message is then sent uncompressed.
        this.#done(error ? frame : [compressedFrame(data.subarray(0, -TAIL.length), this.#parts.binary)], bytes);
        this.#proceed();
      } catch (fault) {
        this.#parts.failed(fault);
      }
    });
  }

  #done(frame: Frame, bytes: number): void {
    this.#waitingBytes -= bytes;
    this.#parts.write(frame);
  }
}

/** Returns the bytes of a frame in one chunk. A frame of one chunk is not copied. */
function whole(frame: Frame): Buffer {
  const [first] = frame;
  if (first && frame.length === 1) return Buffer.from(first.buffer, first.byteOffset, first.length);
  return Buffer.concat(frame);
}

/** Returns the payload of an unmasked frame. */
function payloadOf(frame: Buffer): Buffer {
  const short = frame[1] as number;
  return frame.subarray(short < 126 ? 2 : short === 126 ? 4 : 10);
}
