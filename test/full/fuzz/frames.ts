/** WebSocket frames as an attacker writes them, and the handshake in front of them. */
import { deflateRawSync } from "node:zlib";
import type { SerializerId } from "./encode.js";
import { PATH } from "./places.js";
import type { Random } from "./random.js";

/** How an attacker's frame departs from a whole and masked one. */
export interface FrameOptions {
  readonly opcode: number;
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly masked?: boolean;
  /** A length that the header claims. Default the true one. */
  readonly claims?: number;
  /** Default a key of zeroes, which leaves the payload as it is. */
  readonly key?: Buffer;
}

export function frame(payload: Uint8Array, options: FrameOptions): Buffer {
  const { opcode, fin = true, rsv = 0, masked = true, claims = payload.length, key } = options;
  const size = claims < 126 ? 2 : claims < 65_536 ? 4 : 10;
  const start = size + (masked ? 4 : 0);
  const bytes = Buffer.alloc(start + payload.length);
  bytes[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  bytes[1] = (masked ? 0x80 : 0) | (size === 2 ? claims : size === 4 ? 126 : 127);
  if (size === 4) bytes.writeUInt16BE(claims, 2);
  if (size === 10) bytes.writeBigUInt64BE(BigInt(claims), 2);
  bytes.set(payload, start);
  if (!masked || !key) return bytes;
  bytes.set(key, size);
  for (let at = start; at < bytes.length; at++) (bytes[at] as number) ^= key[(at - start) & 3] as number;
  return bytes;
}

/** A message in one frame, or in several. */
export function messageFrames(random: Random, payload: Uint8Array, id: SerializerId): Buffer {
  const opcode = id === "json" ? 1 : 2;
  if (!random.chance(0.05) || payload.length < 2) {
    return frame(payload, { opcode, ...(random.chance(0.1) && { key: random.bytes(4) }) });
  }
  const cut = random.between(1, payload.length - 1);
  return Buffer.concat([
    frame(payload.subarray(0, cut), { opcode, fin: false }),
    ...(random.chance(0.5) ? [frame(random.bytes(random.below(126)), { opcode: 9 })] : []),
    frame(payload.subarray(cut), { opcode: 0 }),
  ]);
}

/** A message compressed, as permessage-deflate has it. */
export function compressedFrame(payload: Uint8Array, id: SerializerId): Buffer {
  const compressed = deflateRawSync(payload, { finishFlush: 2, level: 1 }).subarray(0, -4); // Z_SYNC_FLUSH, its tail taken off
  return frame(compressed, { opcode: id === "json" ? 1 : 2, rsv: 4 });
}

const FRAME_KINDS = { bits: 30, control: 20, length: 20, close: 20, garbage: 10 };

/** A frame of any kind, nearly all of them illegal. */
export function anyFrame(random: Random): Buffer {
  const payload = random.bytes(random.pick([0, 1, 2, 10, 125, 126, 300]));
  switch (random.weighted(FRAME_KINDS)) {
    case "bits":
      return frame(payload, {
        opcode: random.below(16),
        fin: random.chance(0.6),
        rsv: random.chance(0.5) ? 0 : random.below(8),
        masked: random.chance(0.9),
        key: random.bytes(4),
      });
    case "control":
      return frame(payload.subarray(0, 125), { opcode: random.pick([8, 9, 10]), key: random.bytes(4) });
    case "length":
      return frame(payload, {
        opcode: random.pick([0, 1, 2, 9]),
        claims: random.pick([0, 125, 126, 65_535, 65_536, 2 ** 31, 2 ** 32, 2 ** 53, Number.MAX_SAFE_INTEGER]),
      });
    case "close": {
      const code = Buffer.alloc(2);
      code.writeUInt16BE(random.pick([0, 999, 1000, 1001, 1002, 1005, 1006, 1015, 2999, 3000, 4999, 65_535]));
      return frame(Buffer.concat([code, payload.subarray(0, 123)]), { opcode: 8 });
    }
    default:
      return random.bytes(random.between(1, 40));
  }
}

/** The request that opens a WebSocket. */
export function handshake(id: SerializerId, { compressed = false, path = PATH } = {}): string {
  const extensions = compressed ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n" : "";
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${extensions}Sec-WebSocket-Protocol: wamp.2.${id}\r\n\r\n`;
}

/** Reads what a server sends: the answer to the handshake, then unmasked frames. */
export class ServerFrames {
  readonly #take: (opcode: number, data: Buffer, compressed: boolean) => void;
  #rest: Buffer = Buffer.alloc(0);
  /** The status line of the answer; `undefined` until it has come whole. */
  status: string | undefined;

  constructor(take: (opcode: number, data: Buffer, compressed: boolean) => void) {
    this.#take = take;
  }

  /** Whether the server has agreed to be a WebSocket. */
  get isOpen(): boolean {
    return this.status?.startsWith("HTTP/1.1 101 ") ?? false;
  }

  read(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (this.status === undefined) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.status = bytes.toString("latin1", 0, bytes.indexOf("\r\n"));
        bytes = bytes.subarray(end + 4);
      }
    }
    if (this.isOpen) bytes = this.#frames(bytes);
    this.#rest = bytes;
  }

  #frames(bytes: Buffer): Buffer {
    let at = 0;
    while (bytes.length - at >= 2) {
      const short = bytes[at + 1] as number;
      const header = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length - at < header) break;
      const length =
        short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
      if (bytes.length - at < header + length) break;
      const first = bytes[at] as number;
      this.#take(first & 0x0f, bytes.subarray(at + header, at + header + length), (first & 0x40) !== 0);
      at += header + length;
    }
    return bytes.subarray(at);
  }
}
