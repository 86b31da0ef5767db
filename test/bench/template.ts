/** Messages that differ in their request ID alone, framed and masked beforehand: sending one costs the load generator next to nothing. */
import type { Socket } from "node:net";
import { firstByte, headerLength, writeHeader } from "../../src/transport/websocket/frame.js";
import type { SerializerId } from "../../src/wire/payload.js";
import type { Serializer } from "../../src/wire/serializer.js";
import { clientFrame, delimited, listOf, maskKey, rawFrame } from "./frames.js";

/** How the messages of a connection travel. */
export interface Travel {
  readonly serializer: Serializer;
  /** Whether over RawSocket, which masks nothing. */
  readonly isRaw: boolean;
  /** Whether all messages that are sent at once go in one frame. */
  readonly batched: boolean;
}

/** Different masks of one template. */
const MASKS = 8;
/** From this size on what follows the request ID is not copied into each frame. */
const LARGE = 4_096;

/** The beginning of a message type and the part behind its request ID, such as `[48,` and `,{},"com.bench.echo"]`. */
export class Template {
  readonly #travel: Travel;
  readonly #before: Uint8Array;
  readonly #after: Uint8Array;
  readonly #masked: readonly MaskedTail[];
  #turn = 0;

  /** The message is given as a list whose second element, the request ID, is left out. */
  constructor(travel: Travel, [type, ...rest]: readonly unknown[]) {
    const whole = listOf(travel.serializer, [type, 1, ...rest]);
    const start = idStart(travel.serializer.id); // the ID 1 is one byte in each
    this.#travel = travel;
    this.#before = whole.slice(0, start);
    this.#after = whole.slice(start + 1);
    this.#masked = Array.from({ length: MASKS }, () => new MaskedTail(this.#after));
  }

  /** A request ID as the message holds it. */
  id(request: number): Uint8Array {
    return idBytes(this.#travel.serializer.id, request);
  }

  /** Sends one message for each request ID, given as it is encoded. */
  send(socket: Socket, ids: readonly Uint8Array[]): void {
    if (this.#travel.batched || this.#travel.isRaw) socket.write(this.#plain(ids));
    else if (this.#after.length < LARGE) socket.write(this.#small(ids));
    else this.#sendLarge(socket, ids);
  }

  #plain(ids: readonly Uint8Array[]): Buffer {
    const { serializer, batched } = this.#travel;
    const messages = ids.map((id) => Buffer.concat([this.#before, id, this.#after]));
    if (!batched) return Buffer.concat(messages.map(rawFrame));
    return clientFrame(Buffer.concat(messages.map((each) => delimited(each, serializer.binary))), serializer.binary);
  }

  #small(ids: readonly Uint8Array[]): Buffer {
    let size = 0;
    for (const id of ids) size += this.#headSize(id) + this.#after.length;
    const frames = Buffer.allocUnsafe(size);
    let at = 0;
    for (const id of ids) {
      const masked = this.#masked[this.#turn++ % MASKS] as MaskedTail;
      at = this.#writeHead(frames, at, id, masked);
      const tail = masked.from(this.#before.length + id.length);
      frames.set(tail, at);
      at += tail.length;
    }
    return frames;
  }

  #sendLarge(socket: Socket, ids: readonly Uint8Array[]): void {
    socket.cork();
    for (const id of ids) {
      const masked = this.#masked[this.#turn++ % MASKS] as MaskedTail;
      const head = Buffer.allocUnsafe(this.#headSize(id));
      this.#writeHead(head, 0, id, masked);
      socket.write(head);
      socket.write(masked.from(this.#before.length + id.length));
    }
    socket.uncork();
  }

  #headSize(id: Uint8Array): number {
    const length = this.#before.length + id.length;
    return headerLength(length + this.#after.length) + 4 + length;
  }

  /** The frame's header, and the message up to the end of its request ID. */
  #writeHead(frame: Buffer, start: number, id: Uint8Array, { key }: MaskedTail): number {
    const { binary } = this.#travel.serializer;
    const before = this.#before;
    const length = before.length + id.length + this.#after.length;
    writeHeader(frame, start, { length, first: firstByte(binary), maskBit: 0x80 });
    let at = start + headerLength(length);
    for (let index = 0; index < 4; index++) frame[at++] = key[index] as number;
    for (let index = 0; index < before.length; index++)
      frame[at++] = (before[index] as number) ^ (key[index & 3] as number);
    for (let index = 0; index < id.length; index++) {
      frame[at++] = (id[index] as number) ^ (key[(before.length + index) & 3] as number);
    }
    return at;
  }
}

/** The part behind the request ID, masked with one key. */
class MaskedTail {
  readonly key: Buffer = maskKey();
  readonly #plain: Uint8Array;
  readonly #rotations: (Buffer | undefined)[] = []; // by where in the message it begins, modulo 4

  constructor(plain: Uint8Array) {
    this.#plain = plain;
  }

  from(position: number): Buffer {
    const turn = position & 3;
    this.#rotations[turn] ??= Buffer.from(
      this.#plain.map((byte, index) => byte ^ (this.key[(turn + index) & 3] as number)),
    );
    return this.#rotations[turn];
  }
}

/** Returns the offset of the request ID in a message, behind a type code such as 48. */
function idStart(serializer: SerializerId): number {
  return { json: 4, msgpack: 2, cbor: 3 }[serializer];
}

/** A request ID as a message holds it. */
function idBytes(serializer: SerializerId, id: number): Uint8Array {
  if (serializer === "json") return Buffer.from(String(id), "latin1");
  const [small, one] = serializer === "msgpack" ? [0x80, 0xcc] : [0x18, 0x18];
  if (id < small) return Uint8Array.of(id);
  const size = id < 0x100 ? 1 : id < 0x1_0000 ? 2 : 4;
  const bytes = Buffer.allocUnsafe(1 + size);
  bytes[0] = one + Math.log2(size);
  bytes.writeUIntBE(id, 1, size);
  return bytes;
}

/** The bytes of a received message's request ID. The message may be cut behind it. */
export function idIn(message: Buffer, serializer: SerializerId): Uint8Array {
  const start = idStart(serializer);
  if (serializer === "json") return message.subarray(start, message.indexOf(0x2c, start)); // [68,REQUEST,...
  const lead = message[start] as number;
  const more = serializer === "msgpack" ? (lead < 0x80 ? 0 : 1 << (lead - 0xcc)) : lead < 0x18 ? 0 : 1 << (lead - 0x18);
  return message.subarray(start, start + 1 + more);
}

/** As many bytes of a message as hold its request ID. */
export const ID_WITHIN = 32;
