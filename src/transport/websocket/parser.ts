import { isUtf8 } from "node:buffer";
import { ChunkReader } from "../chunk-reader.js";
import { applyMask } from "./frame.js";

/** Receives the results of the parser. Buffers are views of network data and must be copied to be kept. */
export interface FrameListener {
  /** Whether reading is paused. */
  readonly stopped: boolean;
  /** Receives a whole message, assembled from its frames. */
  message(data: Buffer, binary: boolean): void;
  /** Receives a whole compressed message. */
  compressed(data: Buffer, binary: boolean): void;
  pinged(data: Buffer): void;
  /** Reports the memory that an incomplete message uses, in bytes; 0 once it is complete. */
  unfinished(bytes: number): void;
  /** Reports a frame without a complete message: a pong or a fragment. */
  overhead(bytes: number): void;
  /** Reports the other side's close frame. Called at most once, as the last call. */
  closing(code: number, reason: string): void;
  /** Reports an invalid frame and its close code. Called at most once, as the last call. */
  fault(code: number, what: string): void;
}

export const NO_STATUS = 1005;
export const PROTOCOL_ERROR = 1002;
export const NOT_UTF8 = 1007;
export const TOO_LARGE = 1009;
export const TEXT_NOT_UTF8 = "a text frame is not valid UTF-8";
export const MESSAGE_TOO_LARGE = "a message is larger than this side accepts";

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** The reserved bit of a compressed message. Spec: RFC 7692, "Message Compression". */
const COMPRESSED = 0x40;

/** A message whose last frame has not arrived yet. */
interface Unfinished {
  readonly binary: boolean;
  readonly compressed: boolean;
  /**
   * The first `bytes` bytes are the message so far. The buffer doubles in size, so that neither many nor small fragments are
   * expensive.
   */
  buffer: Buffer;
  bytes: number;
}

/** The error for wrong masking, by the expected length of the masking key. */
const MISMASKED = {
  0: "malformed WebSocket frame: a server's frame must not be masked",
  4: "malformed WebSocket frame: a client's frame must be masked",
};

/** The frames that a parser accepts. */
export interface FrameRules {
  readonly maxMessageBytes: number;
  /** Whether frames must be masked (true, as a client's are) or unmasked (false). Default: true. */
  readonly masked?: boolean;
  /** Whether messages may be compressed. */
  readonly compression: boolean;
}

/**
 * Parses the frames of the other end in one pass. Payloads are unmasked in place, and a message within one network chunk is not
 * copied. Spec: RFC 6455, "Data Framing".
 */
export class FrameParser extends ChunkReader {
  readonly #listener: FrameListener;
  readonly #rules: FrameRules;
  readonly #keyBytes: 0 | 4;
  #unfinished: Unfinished | undefined;
  #frameBytes = 0; // of memory for an incomplete frame

  constructor(listener: FrameListener, rules: FrameRules) {
    super();
    this.#listener = listener;
    this.#rules = rules;
    this.#keyBytes = rules.masked === false ? 0 : 4;
  }

  protected override get stopped(): boolean {
    return this.#listener.stopped;
  }

  protected override frame(bytes: Buffer, at: number): number {
    const available = bytes.length - at;
    if (available < 2) return this.wait(at, 2);
    const first = bytes[at] as number;
    const second = bytes[at + 1] as number;
    const opcode = first & 0x0f;
    const short = second & 0x7f;
    const fault = this.#headerFault(first, second);
    if (fault) return this.#fault(PROTOCOL_ERROR, fault);

    const header = (short < 126 ? 2 : short === 126 ? 4 : 10) + this.#keyBytes;
    if (available < header) return this.wait(at, header);
    let length = short;
    if (short === 126) length = bytes.readUInt16BE(at + 2);
    else if (short === 127) length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
    if (length + (opcode < CLOSE ? (this.#unfinished?.bytes ?? 0) : 0) > this.#rules.maxMessageBytes) {
      return this.#fault(TOO_LARGE, MESSAGE_TOO_LARGE);
    }
    if (available < header + length) return this.wait(at, header + length);

    const start = at + header;
    const end = start + length;
    const isAscii = this.#keyBytes > 0 && applyMask(bytes, start, end);
    this.#take(first, bytes.subarray(start, end), isAscii);
    return end;
  }

  protected override holds(bytes: number): void {
    this.#frameBytes = bytes;
    this.#tellUnfinished();
  }

  #tellUnfinished(): void {
    this.#listener.unfinished(this.#frameBytes + (this.#unfinished?.buffer.length ?? 0));
  }

  /** Returns the error in the first two bytes of a frame. */
  #headerFault(first: number, second: number): string | undefined {
    const opcode = first & 0x0f;
    const reserved = first & 0x70;
    const marksCompression =
      reserved === COMPRESSED && this.#rules.compression && (opcode === TEXT || opcode === BINARY);
    if (reserved !== 0 && !marksCompression) return "malformed WebSocket frame: a reserved bit is set";
    if (second >= 0x80 !== this.#keyBytes > 0) return MISMASKED[this.#keyBytes];
    if (opcode >= CLOSE) {
      if (opcode > PONG) return `malformed WebSocket frame: unknown opcode ${opcode}`;
      if (first < 0x80 || (second & 0x7f) > 125)
        return "malformed WebSocket frame: a control frame is fragmented or too long";
      return undefined;
    }
    if (opcode > BINARY) return `malformed WebSocket frame: unknown opcode ${opcode}`;
    if ((opcode === CONTINUATION) !== (this.#unfinished !== undefined)) {
      return "malformed WebSocket frame: an unexpected or missing continuation frame";
    }
    return undefined;
  }

  /** `isAscii` is true if the data is known to be ASCII. */
  #take(first: number, data: Buffer, isAscii: boolean): void {
    const opcode = first & 0x0f;
    const fin = first >= 0x80;
    if (opcode === PING) return this.#listener.pinged(data);
    if (opcode === PONG) return this.#listener.overhead(data.length);
    if (opcode === CLOSE) return this.#close(data);
    const compressed = (first & COMPRESSED) !== 0;
    if (opcode !== CONTINUATION && fin) {
      if (compressed) return this.#listener.compressed(data, opcode === BINARY);
      return this.#message(data, opcode === BINARY, isAscii);
    }
    this.#unfinished ??= { binary: opcode === BINARY, compressed, buffer: Buffer.alloc(0), bytes: 0 };
    if (append(this.#unfinished, data)) this.#tellUnfinished();
    if (!fin) return this.#listener.overhead(data.length);
    const { buffer, bytes, binary, compressed: isCompressed } = this.#unfinished;
    this.#unfinished = undefined;
    this.#tellUnfinished();
    const whole = buffer.subarray(0, bytes);
    if (isCompressed) this.#listener.compressed(whole, binary);
    else this.#message(whole, binary, false);
  }

  #message(data: Buffer, binary: boolean, isAscii: boolean): void {
    if (binary || isAscii || isUtf8(data)) this.#listener.message(data, binary);
    else this.#fault(NOT_UTF8, TEXT_NOT_UTF8);
  }

  #close(data: Buffer): void {
    this.over = true;
    if (data.length === 0) return this.#listener.closing(NO_STATUS, "");
    const code = data.length === 1 ? 0 : data.readUInt16BE(0);
    const reason = data.subarray(2);
    if (!isCloseCode(code))
      this.#fault(PROTOCOL_ERROR, "malformed WebSocket frame: a close code that must not be sent");
    else if (!isUtf8(reason)) this.#fault(NOT_UTF8, "the reason of a close frame is not valid UTF-8");
    else this.#listener.closing(code, reason.toString());
  }

  #fault(code: number, what: string): number {
    this.over = true;
    this.#listener.fault(code, what);
    return Number.POSITIVE_INFINITY;
  }
}

/** Returns whether that took more memory. */
function append(unfinished: Unfinished, data: Buffer): boolean {
  const { buffer, bytes } = unfinished;
  const needed = bytes + data.length;
  const grows = needed > buffer.length;
  if (grows) {
    unfinished.buffer = Buffer.allocUnsafeSlow(Math.max(needed, 2 * buffer.length));
    buffer.copy(unfinished.buffer, 0, 0, bytes);
  }
  data.copy(unfinished.buffer, bytes);
  unfinished.bytes = needed;
  return grows;
}

function isCloseCode(code: number): boolean {
  return (code >= 3_000 && code < 5_000) || (code >= 1_000 && code < 1_015 && (code < 1_004 || code > 1_006));
}
