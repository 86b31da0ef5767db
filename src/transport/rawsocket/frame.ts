import type { MessageSerializer } from "../../wire/serializer.js";
import { ChunkReader } from "../chunk-reader.js";
import { type Frame, frameBytes } from "../frame.js";
import { type FrameEncoder, frameEncoder } from "../frame-encoder.js";
import { MOST_BYTES } from "./handshake.js";

export const HEADER_BYTES = 4;
/** Frame types. */
export const MESSAGE = 0;
const PING = 1;
const PONG = 2;
/** The bit for a payload of 2^24 bytes, which does not fit into the length field. */
const LARGEST = 0x08;

export const MESSAGE_TOO_LARGE = "a message is larger than this side accepts";

/** Returns the size of the message in a whole frame. */
export function messageBytes(frame: Frame): number {
  return frameBytes(frame) - HEADER_BYTES;
}

/** Creates the encoder for whole frames with messages of up to 2^24 bytes. Spec: Advanced Profile, "RawSocket Transport". */
export function createFrameEncoder(serializer: MessageSerializer): FrameEncoder {
  return frameEncoder(serializer, {
    headerLength: () => HEADER_BYTES,
    writeHeader: (bytes, length) => writeHeader(bytes, 0, { kind: MESSAGE, length: length - HEADER_BYTES }),
  });
}

export function controlFrame(kind: "ping" | "pong", data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + data.length);
  writeHeader(frame, 0, { kind: kind === "ping" ? PING : PONG, length: data.length });
  frame.set(data, HEADER_BYTES);
  return frame;
}

export function writeHeader(
  bytes: Uint8Array,
  at: number,
  { kind, length }: { readonly kind: number; readonly length: number },
): void {
  bytes[at] = length === MOST_BYTES ? kind | LARGEST : kind;
  bytes[at + 1] = length >>> 16;
  bytes[at + 2] = length >>> 8;
  bytes[at + 3] = length;
}

/** Receives the results of the parser. Buffers are views of network data and must be copied to be kept. */
export interface RawFrameListener {
  /** Whether reading is paused. */
  readonly stopped: boolean;
  message(data: Buffer): void;
  /** Reports the memory that an incomplete message uses, in bytes; 0 once it is complete. */
  unfinished(bytes: number): void;
  pinged(data: Buffer): void;
  ponged(data: Buffer): void;
  /** Reports an invalid frame. Called at most once, as the last call. */
  fault(what: string): void;
}

/** Parses frames in one pass. A message within one network chunk is not copied. */
export class RawFrameParser extends ChunkReader {
  readonly #listener: RawFrameListener;
  readonly #maxMessageBytes: number;

  /** A frame larger than `maxMessageBytes` is a fault as soon as its header has arrived. */
  constructor(listener: RawFrameListener, maxMessageBytes: number) {
    super();
    this.#listener = listener;
    this.#maxMessageBytes = maxMessageBytes;
  }

  protected override get stopped(): boolean {
    return this.#listener.stopped;
  }

  protected override frame(bytes: Buffer, at: number): number {
    const available = bytes.length - at;
    if (available < HEADER_BYTES) return this.wait(at, HEADER_BYTES);
    const first = bytes[at] as number;
    const kind = first & ~LARGEST;
    if (kind > PONG) return this.#fault(`malformed RawSocket frame: reserved bits or a reserved type (${first})`);
    let length = bytes.readUIntBE(at + 1, 3);
    if (kind !== first) {
      if (length !== 0) return this.#fault("malformed RawSocket frame: a length with the bit for 2^24 bytes");
      length = MOST_BYTES;
    }
    if (length > this.#maxMessageBytes) return this.#fault(MESSAGE_TOO_LARGE);
    if (available < HEADER_BYTES + length) return this.wait(at, HEADER_BYTES + length);

    const start = at + HEADER_BYTES;
    this.#take(kind, bytes.subarray(start, start + length));
    return start + length;
  }

  protected override holds(bytes: number): void {
    this.#listener.unfinished(bytes);
  }

  #take(kind: number, data: Buffer): void {
    if (kind === MESSAGE) this.#listener.message(data);
    else if (kind === PING) this.#listener.pinged(data);
    else this.#listener.ponged(data);
  }

  #fault(what: string): number {
    this.over = true;
    this.#listener.fault(what);
    return Number.POSITIVE_INFINITY;
  }
}
