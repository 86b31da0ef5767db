import { constants, deflateRaw } from "node:zlib";
import { Fifo } from "../fifo.js";
import { type Frame, frameBytes } from "../frame.js";
import type { FrameJoiner } from "../frame-joiner.js";
import type { Flushable, WriteQueue, WriteScheduler } from "../write-queue.js";
import { compressedFrame } from "./frame.js";

/**
 * What two ends agreed on: each message is compressed by itself (`no_context_takeover` both ways), so that a connection keeps no
 * compressor's memory. Spec: RFC 7692.
 */
export interface Compression {
  /** The value of `Sec-WebSocket-Extensions` in the answer. */
  readonly header: string;
  /** The base-2 logarithm of the window that the client can decompress. */
  readonly windowBits: number;
}

const NAME = "permessage-deflate";
const DEFAULT_WINDOW_BITS = 15;
/** Smaller messages are not worth compressing. */
const THRESHOLD_BYTES = 1_024;
/** What ends a compressed message and does not travel. Spec: RFC 7692, "Compression". */
export const TAIL: Buffer = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** The first offer of a client that can be accepted; `undefined` where there is none. */
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
  if (windowBits < 9) return undefined; // zlib cannot make raw streams of 8
  const ours = windowBits === DEFAULT_WINDOW_BITS ? "" : `; server_max_window_bits=${windowBits}`;
  return { header: `${NAME}; server_no_context_takeover; client_no_context_takeover${ours}`, windowBits };
}

function windowBitsOf(value: string): number | undefined {
  return /^(8|9|1[0-5])$/.test(value) ? Number(value) : undefined;
}

/** What a deflater is given beside the compression that was agreed on. */
export interface DeflaterParts {
  readonly binary: boolean;
  /** Takes each frame, compressed or not, in the order in which it was sent. */
  write(frame: Frame): void;
  /** Takes what was thrown while nobody was there to catch it. */
  failed(error: unknown): void;
  /** Where several messages travel in one frame. */
  readonly batches?: TurnParts | undefined;
}

/** What makes one frame of those of a turn, and when, and the queue that `write` writes to. */
export interface TurnParts {
  readonly joiner: FrameJoiner;
  readonly scheduler: WriteScheduler;
  readonly queue: WriteQueue;
}

/** Compresses the messages of one connection, one after the other, in order. Those of a turn are one where they travel in one frame. */
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

  /** Bytes that wait to be compressed. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Takes a whole frame, not compressed. */
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

  /** Calls back, once, when all that was sent is written or dropped: at once where that is so. */
  onceEmpty(callback: () => void): void {
    if ((this.#busy || this.#awaitsEndOfTurn) && !this.#dropped) this.#whenEmpty.push(callback);
    else callback();
  }

  /** Lets go of all that waits, because the connection is gone. */
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

  /** The next frame to go, and how many bytes of what waited are in it. */
  #next(): { readonly frame: Frame; readonly bytes: number } | undefined {
    const frame = this.#waiting.take();
    if (!frame) return undefined;
    const { batches } = this.#parts;
    return batches && frame.length === 1 ? this.#joined(frame, batches) : { frame, bytes: frameBytes(frame) };
  }

  /** Joins those that wait behind a frame to it, as far as they are to travel in one. */
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
        // An error here is a lack of memory: the message goes as it is.
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

/** The bytes of a frame in one piece; those of a frame that is one already are not copied. */
function whole(frame: Frame): Buffer {
  const [first] = frame;
  if (first && frame.length === 1) return Buffer.from(first.buffer, first.byteOffset, first.length);
  return Buffer.concat(frame);
}

/** The payload of an unmasked frame. */
function payloadOf(frame: Buffer): Buffer {
  const short = frame[1] as number;
  return frame.subarray(short < 126 ? 2 : short === 126 ? 4 : 10);
}
