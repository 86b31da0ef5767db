/** The serializers as an attacker writes them: they write whatever they are given, legal or not, and check nothing. */
import type { Serializer } from "wampact/router";

export type SerializerId = Serializer["id"];

/** Literal bytes for each serializer, for cases that no value can express: NaN, a repeated key, a nesting that is never closed. */
export class Literal {
  readonly json: string;
  readonly msgpack: Buffer;
  readonly cbor: Buffer;

  constructor(parts: { readonly json: string; readonly msgpack: Buffer; readonly cbor: Buffer }) {
    this.json = parts.json;
    this.msgpack = parts.msgpack;
    this.cbor = parts.cbor;
  }
}

/** A value as bytes: a list of JavaScript values, byte arrays, bigints and `Literal`s. */
export function encode(id: SerializerId, value: unknown): Buffer {
  if (id === "json") return Buffer.from(jsonText(value));
  const writer = new Writer();
  if (id === "msgpack") writeMsgpack(writer, value);
  else writeCbor(writer, value);
  return writer.bytes();
}

function jsonText(value: unknown): string {
  if (value instanceof Literal) return value.json;
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return `"\\u0000${Buffer.from(value).toString("base64")}"`;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member)}`)
    .join(",")}}`;
}

/** Bytes that grow. */
class Writer {
  #buffer = Buffer.allocUnsafe(256);
  #length = 0;

  byte(value: number): void {
    this.#room(1);
    this.#buffer[this.#length++] = value;
  }

  /** A head byte, then an unsigned integer of one, two, four or eight bytes. */
  head(first: number, value: number | bigint, size: 1 | 2 | 4 | 8): void {
    this.#room(9);
    this.#buffer[this.#length++] = first;
    if (size === 8) this.#buffer.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)), this.#length);
    else this.#buffer.writeUIntBE(Number(value), this.#length, size);
    this.#length += size;
  }

  double(first: number, value: number): void {
    this.#room(9);
    this.#buffer[this.#length++] = first;
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * this.#buffer.length + bytes);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

function writeMsgpack(writer: Writer, value: unknown): void {
  if (value instanceof Literal) writer.raw(value.msgpack);
  else if (value === null || value === undefined) writer.byte(0xc0);
  else if (typeof value === "boolean") writer.byte(value ? 0xc3 : 0xc2);
  else if (typeof value === "bigint") writer.head(value < 0 ? 0xd3 : 0xcf, value, 8);
  else if (typeof value === "number") writeMsgpackNumber(writer, value);
  else if (typeof value === "string") {
    const text = Buffer.from(value);
    if (text.length < 32) writer.byte(0xa0 | text.length);
    else writer.head(0xdb, text.length, 4);
    writer.raw(text);
  } else if (value instanceof Uint8Array) {
    writer.head(0xc6, value.length, 4);
    writer.raw(value);
  } else if (Array.isArray(value)) {
    if (value.length < 16) writer.byte(0x90 | value.length);
    else writer.head(0xdd, value.length, 4);
    for (const item of value) writeMsgpack(writer, item);
  } else {
    const entries = Object.entries(value);
    if (entries.length < 16) writer.byte(0x80 | entries.length);
    else writer.head(0xdf, entries.length, 4);
    for (const [key, member] of entries) {
      writeMsgpack(writer, key);
      writeMsgpack(writer, member);
    }
  }
}

function writeMsgpackNumber(writer: Writer, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) writer.double(0xcb, value);
  else if (value < 0) writer.head(0xd3, BigInt(value), 8);
  else if (value < 128) writer.byte(value);
  else if (value < 65_536) writer.head(0xcd, value, 2);
  else writer.head(0xcf, value, 8);
}

function writeCbor(writer: Writer, value: unknown): void {
  if (value instanceof Literal) writer.raw(value.cbor);
  else if (value === null) writer.byte(0xf6);
  else if (value === undefined) writer.byte(0xf7);
  else if (typeof value === "boolean") writer.byte(value ? 0xf5 : 0xf4);
  else if (typeof value === "bigint") writeCborHead(writer, value < 0n ? 1 : 0, value < 0n ? -1n - value : value);
  else if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) writer.double(0xfb, value);
    else writeCborHead(writer, value < 0 ? 1 : 0, value < 0 ? -1 - value : value);
  } else if (typeof value === "string") {
    const text = Buffer.from(value);
    writeCborHead(writer, 3, text.length);
    writer.raw(text);
  } else if (value instanceof Uint8Array) {
    writeCborHead(writer, 2, value.length);
    writer.raw(value);
  } else if (Array.isArray(value)) {
    writeCborHead(writer, 4, value.length);
    for (const item of value) writeCbor(writer, item);
  } else {
    const entries = Object.entries(value);
    writeCborHead(writer, 5, entries.length);
    for (const [key, member] of entries) {
      writeCbor(writer, key);
      writeCbor(writer, member);
    }
  }
}

function writeCborHead(writer: Writer, major: number, value: number | bigint): void {
  const first = major << 5;
  if (value < 24) writer.byte(first | Number(value));
  else if (value < 256) writer.head(first | 24, value, 1);
  else if (value < 65_536) writer.head(first | 25, value, 2);
  else if (value < 2 ** 32) writer.head(first | 26, value, 4);
  else writer.head(first | 27, value, 8);
}
