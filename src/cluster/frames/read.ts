import { utf8Text } from "../../wire/bytes.js";
import { type Dict, EMPTY_DICT, isDict } from "../../wire/fields.js";
import { payloadFrom } from "./formats.js";
import type { Frame } from "./frame.js";
import {
  BY_CODE,
  DETAILS_FLAG,
  ELEMENTS_SHIFT,
  type FieldKind,
  HEAD_BYTES,
  IGNORABLE,
  type Layout,
  SERIALIZER_BITS,
} from "./layout.js";

/** Bytes of another node are not a valid frame. The message names the frame, and the field if one is at fault. */
export class FrameFault extends Error {
  override readonly name = "FrameFault";
}

/**
 * Reads frames one after the other. Skips an unknown frame that may be ignored. Passes the error of a frame that cannot be read to
 * `fault`, and continues with the next frame if the length shows where it is.
 */
export function* readFrames(bytes: Uint8Array, fault: (error: FrameFault) => void): Iterable<Frame> {
  const reader = new FrameReader(bytes);
  while (reader.hasMore) {
    try {
      const frame = reader.next();
      if (frame) yield frame;
    } catch (error) {
      if (!(error instanceof FrameFault)) throw error;
      fault(error);
    }
  }
}

class FrameReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #end = 0; // of the current frame
  #name = ""; // the name of the frame in errors

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get hasMore(): boolean {
    return this.#end < this.#bytes.length;
  }

  /** Reads the next frame. Returns `undefined` for one that is ignored. */
  next(): Frame | undefined {
    this.#at = this.#end;
    const left = this.#bytes.length - this.#at;
    this.#end = this.#bytes.length;
    this.#name = `at byte ${this.#at}`;
    if (left < HEAD_BYTES) throw this.#fault(`its head is truncated to ${left} bytes`);
    const length = this.#view.getUint32(this.#at) + 4;
    const code = this.#view.getUint8(this.#at + 4);
    const flags = this.#view.getUint8(this.#at + 5);
    const layout = BY_CODE.get(code);
    this.#name = layout ? layout.type : `of type ${code}`;
    if (length < HEAD_BYTES) throw this.#fault("its length is shorter than its head");
    if (length > left) throw this.#fault(`it is truncated: ${left} of ${length} bytes are there`);
    this.#end = this.#at + length;
    this.#at += HEAD_BYTES;
    if (layout) return this.#frame(layout, flags);
    if (code & IGNORABLE) return undefined;
    throw this.#fault("the type is unknown, and may not be ignored: this node is too old for its cluster");
  }

  #frame({ type, fields, hasDetails, hasPayload }: Layout, flags: number): Frame {
    const frame: Record<string, unknown> = { type };
    for (const [name, kind] of fields) frame[name] = this.#field(name, kind);
    if (hasDetails) frame.details = flags & DETAILS_FLAG ? this.#details() : EMPTY_DICT;
    if (hasPayload) frame.payload = this.#payload(flags);
    else if (this.#at < this.#end) throw this.#fault(`${this.#end - this.#at} bytes are left after its fields`);
    return frame as unknown as Frame; // it has the fields of its layout, which has those of its type
  }

  #field(name: string, kind: FieldKind): unknown {
    if (kind === "id") return this.#id(name);
    if (kind === "short") return this.#view.getUint16(this.#pass(2, name));
    if (kind === "text") return this.#text(name);
    const index = this.#view.getUint8(this.#pass(1, name));
    if (index < kind.length) return kind[index];
    throw this.#fault(`${name}: ${index} is not one of ${kind.join(", ")}`);
  }

  #id(name: string): number {
    const value = this.#view.getFloat64(this.#pass(8, name));
    if (Number.isInteger(value) && value >= 0 && value <= 2 ** 53) return value;
    throw this.#fault(`${name}: ${value} is not an integer from 0 to 2^53`);
  }

  #text(name: string): string {
    const length = this.#view.getUint32(this.#pass(4, name));
    const start = this.#pass(length, name);
    return utf8Text(this.#bytes, start, start + length);
  }

  #details(): Dict {
    const text = this.#text("details");
    try {
      const details: unknown = JSON.parse(text);
      if (isDict(details)) return details;
    } catch (error) {
      throw this.#fault(`details: ${error instanceof Error ? error.message : String(error)}`);
    }
    throw this.#fault("details: expected an object");
  }

  #payload(flags: number): unknown {
    const start = this.#at;
    this.#at = this.#end;
    const elements = (flags >> ELEMENTS_SHIFT) & 0x03;
    const { buffer, byteOffset } = this.#bytes;
    const bytes = new Uint8Array(buffer, byteOffset + start, this.#end - start); // not a `Buffer`, whose `slice` does not copy
    const payload = payloadFrom(flags & SERIALIZER_BITS, elements, bytes);
    if (payload && elements <= 2) return payload;
    throw this.#fault(`payload: flags ${flags} name no serializer, or too many elements`);
  }

  /** Skips a number of bytes, and returns where they begin. */
  #pass(length: number, name: string): number {
    const start = this.#at;
    if (length > this.#end - start) throw this.#fault(`${name}: it is truncated`);
    this.#at += length;
    return start;
  }

  #fault(words: string): FrameFault {
    return new FrameFault(`frame ${this.#name}: ${words}`);
  }
}
