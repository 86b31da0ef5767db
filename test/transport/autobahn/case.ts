/** The vocabulary of the conformance table: frames as a client sends them, and what a case expects of the server. */

/** The suite's verdict on a case. It must be exactly the verdict of the table, neither better nor worse. */
export type Verdict = "OK" | "NON-STRICT" | "INFORMATIONAL";

/**
 * One step of the client. Bytes are written by themselves, a turn of the event loop after the bytes before them.
 * `pong` waits for one more pong. `probe` notes whether the server has failed the connection by now: inside a frame,
 * where no ping can be sent on the connection itself, `probe elsewhere` measures with one of its own.
 */
export type Step = Uint8Array | "pong" | "probe" | "probe elsewhere";

/** A reply of the server: an echoed message or a pong, as latin1 text, so that a failure is readable. */
export type Reply = readonly ["message" | "pong", string];

/** One case of the suite. */
export interface Case {
  /** As in the suite, such as `5.19`. */
  readonly number: string;
  readonly what: string;
  readonly steps: readonly Step[];
  /** Replies in the order the suite asks for. */
  readonly replies: readonly Reply[];
  /** Whether messages travel in binary frames. Default false. */
  readonly binary?: boolean;
  /**
   * Who closes, and the codes that the server's close frame may have. `client`: the runner sends 1000 once all replies
   * have come. `steps`: the steps send a close frame. `server`: the server fails the connection.
   */
  readonly close: { readonly by: "client" | "steps" | "server"; readonly codes: readonly number[] };
  /** Default OK. */
  readonly verdict?: Verdict;
}

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** How a frame departs from a whole and plain one. */
interface FrameOptions {
  /** Default true. */
  readonly fin?: boolean;
  /** The three reserved bits as a number, 0 to 7. Default 0. */
  readonly rsv?: number;
}

/** A masked frame. Strings are latin1: one character for each byte. */
export function frame(opcode: number, payload: string | Uint8Array = "", options: FrameOptions = {}): Buffer {
  const { fin = true, rsv = 0 } = options;
  const data = typeof payload === "string" ? Buffer.from(payload, "latin1") : payload;
  const mask = [0x12, 0xa7, 0x5c, 0xe3];
  return Buffer.concat([
    Buffer.of((fin ? 0x80 : 0) | (rsv << 4) | opcode),
    maskedLength(data.length),
    Buffer.from(mask),
    data.map((byte, index) => byte ^ (mask[index % 4] as number)),
  ]);
}

function maskedLength(length: number): Buffer {
  if (length < 126) return Buffer.of(0x80 | length);
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9);
  bytes[0] = 0x80 | (length < 65_536 ? 126 : 127);
  if (length < 65_536) bytes.writeUInt16BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** A close frame with a code and a reason. */
export function closeFrame(code: number, reason: string | Uint8Array = ""): Buffer {
  const text = typeof reason === "string" ? Buffer.from(reason, "latin1") : reason;
  return frame(CLOSE, Buffer.concat([Buffer.of(code >> 8, code & 0xff), text]));
}

/** Bytes in pieces of a size, the last one perhaps smaller. */
export function chopped(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

/** A message in frames of so many bytes each. */
export function fragmented(opcode: number, payload: Uint8Array, size: number): Buffer[] {
  const pieces = chopped(payload, size);
  return pieces.map((piece, index) =>
    frame(index === 0 ? opcode : CONTINUATION, piece, { fin: index === pieces.length - 1 }),
  );
}

/** The client closes with 1000, and the server answers with the same. */
export const CLEAN: Case["close"] = { by: "client", codes: [1000] };
/** The server fails the connection: protocol error. */
export const PROTOCOL_ERROR: Case["close"] = { by: "server", codes: [1002] };
/** The server fails the connection: a text that is not UTF-8. */
export const NOT_UTF8: Case["close"] = { by: "server", codes: [1007] };
