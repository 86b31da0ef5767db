import type { Duplex } from "node:stream";
import type { SerializerId } from "../../wire/payload.js";
import type { MessageSerializer } from "../../wire/serializer.js";

/** The first octet of a RawSocket connection in both directions. No HTTP request or TLS record starts with it. */
export const MAGIC = 0x7f;
/** The minimum and the maximum message size that a side can announce, in bytes. */
export const LEAST_BYTES = 512;
export const MOST_BYTES: number = 2 ** 24;
const HANDSHAKE_BYTES = 4;

/** The numbers of the serializers. */
const SERIALIZER_NUMBERS: Readonly<Record<SerializerId, number>> = { json: 1, msgpack: 2, cbor: 3 };

/** The error codes of a refused handshake. */
export const UNSUPPORTED_SERIALIZER = 1;
export const UNACCEPTABLE_LENGTH = 2;
export const RESERVED_BITS = 3;
export const TOO_MANY_CONNECTIONS = 4;
const REFUSALS: Readonly<Record<number, string>> = {
  [UNSUPPORTED_SERIALIZER]: "serializer unsupported",
  [UNACCEPTABLE_LENGTH]: "maximum message length unacceptable",
  [RESERVED_BITS]: "use of reserved bits",
  [TOO_MANY_CONNECTIONS]: "maximum connection count reached",
};

/** The content of a handshake: the serializer, and the largest message that the sender accepts, in bytes. */
export interface Announcement {
  readonly serializer: MessageSerializer;
  readonly maxMessageBytes: number;
}

/** Returns the largest size that a handshake can announce up to a limit, in bytes: a power of two from 512 to 2^24. */
export function announcedBytes(maxMessageBytes: number): number {
  let bytes = LEAST_BYTES;
  while (bytes < MOST_BYTES && 2 * bytes <= maxMessageBytes) bytes *= 2;
  return bytes;
}

/** Returns the four octets that open or accept a connection. Spec: Advanced Profile, "RawSocket Transport". */
export function announce({ serializer, maxMessageBytes }: Announcement): Uint8Array {
  const length = Math.log2(maxMessageBytes / LEAST_BYTES);
  return Uint8Array.of(MAGIC, (length << 4) | SERIALIZER_NUMBERS[serializer.id], 0, 0);
}

/** Returns the four octets that refuse a connection. */
export function refuse(code: number): Uint8Array {
  return Uint8Array.of(MAGIC, code << 4, 0, 0);
}

/** An unacceptable handshake. `code` is absent if no answer is possible. */
export interface HandshakeFault {
  readonly why: string;
  readonly code?: number;
}

/** Parses a client's handshake. */
export function readOpening(
  octets: Uint8Array,
  serializers: readonly MessageSerializer[],
): Announcement | HandshakeFault {
  if (octets[0] !== MAGIC) return { why: `its first octet is ${hex(octets[0])}, but RawSocket starts with 0x7f` };
  if (octets[2] !== 0 || octets[3] !== 0) return { code: RESERVED_BITS, why: "its handshake uses reserved bits" };
  const { number, maxMessageBytes } = fieldsOf(octets);
  const serializer = serializers.find(({ id }) => SERIALIZER_NUMBERS[id] === number);
  if (serializer) return { serializer, maxMessageBytes };
  const ours = serializers.map(({ id }) => `${SERIALIZER_NUMBERS[id]} (${id})`);
  return { code: UNSUPPORTED_SERIALIZER, why: `it requests serializer ${number}; supported are ${ours.join(", ")}` };
}

/** Parses a router's answer. Returns the largest message that the router accepts, in bytes, or the reason of the refusal. */
export function readAnswer(octets: Uint8Array, { id }: MessageSerializer): number | HandshakeFault {
  if (octets[0] !== MAGIC) return { why: otherProtocol(octets[0]) };
  const { number, length, maxMessageBytes } = fieldsOf(octets);
  if (number === 0)
    return { code: length, why: `the router refused the connection: ${REFUSALS[length] ?? `error ${length}`}` };
  if (octets[2] !== 0 || octets[3] !== 0) return { why: "the router's handshake uses reserved bits" };
  if (number === SERIALIZER_NUMBERS[id]) return maxMessageBytes;
  return { why: `the router answered with serializer ${number} instead of ${SERIALIZER_NUMBERS[id]} (${id})` };
}

/**
 * Reads the four octets of a handshake, which may arrive one by one, or fewer if the first one is not RawSocket's. Then pauses
 * the socket, which keeps the data that follows.
 */
export function readHandshake(socket: Duplex, done: (octets: Uint8Array) => void): void {
  let octets: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    const missing = HANDSHAKE_BYTES - octets.length;
    octets = Buffer.concat([octets, chunk.subarray(0, missing)]);
    if (octets[0] === MAGIC && octets.length < HANDSHAKE_BYTES) return;
    socket.off("data", onData);
    socket.pause();
    if (chunk.length > missing) socket.unshift(chunk.subarray(missing));
    done(octets);
  };
  socket.on("data", onData);
}

function fieldsOf(octets: Uint8Array) {
  const second = octets[1] as number;
  const length = second >> 4;
  return { number: second & 0x0f, length, maxMessageBytes: LEAST_BYTES * 2 ** length };
}

/** Describes the service on the port, judging by the first octet. */
function otherProtocol(first: number | undefined): string {
  if (first === 0x15) return "the port uses TLS; use rss:";
  if (first === 0x48) return "the port uses HTTP; use ws:, or add a rawSocket listener to the router"; // "HTTP/1.1 400"
  return `the port is not a RawSocket listener: its first octet is ${hex(first)}`;
}

function hex(octet: number | undefined = 0): string {
  return `0x${octet.toString(16).padStart(2, "0")}`;
}
