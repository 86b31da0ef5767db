import { allocate, utf8Length, writeUtf8 } from "../../wire/bytes.js";
import { encodedForNodes } from "./formats.js";
import type { Frame } from "./frame.js";
import { DETAILS_FLAG, ELEMENTS_SHIFT, type FieldKind, HEAD_BYTES, LAYOUTS } from "./layout.js";

const FIRST_BYTES = 4 * 1024;
/** The largest buffer that is used again, in bytes. */
const MOST_KEPT = 256 * 1024;

/** A buffer of consecutive frames for one node. */
export class FrameWriter {
  #bytes = allocate(FIRST_BYTES);
  #view = viewOf(this.#bytes);
  #end = 0;

  /** The number of bytes written since the last `take`. */
  get length(): number {
    return this.#end;
  }

  /** Adds a frame. Throws `TypeError` for a payload that no serializer can write; nothing has been written then. */
  add(frame: Frame): void {
    const { code, fields, hasDetails } = LAYOUTS[frame.type];
    const payload = "payload" in frame ? encodedForNodes(frame.payload) : undefined;
    const details = hasDetails && "details" in frame ? detailsText(frame.details) : "";
    const start = this.#end;
    this.#room(HEAD_BYTES);
    this.#end += HEAD_BYTES;
    for (const [name, kind] of fields) this.#field(kind, (frame as unknown as Readonly<Record<string, unknown>>)[name]);
    if (details !== "") this.#text(details);
    if (payload) this.#raw(payload.encoded.bytes);
    const flags =
      (details === "" ? 0 : DETAILS_FLAG) |
      (payload?.encoded.elements ? payload.serializer | (payload.encoded.elements << ELEMENTS_SHIFT) : 0);
    this.#view.setUint32(start, this.#end - start - 4);
    this.#view.setUint8(start + 4, code);
    this.#view.setUint8(start + 5, flags);
  }

  /** Adds frames that were written elsewhere. */
  addWritten(frames: Uint8Array): void {
    this.#raw(frames);
  }

  /** Returns the written bytes and empties the buffer. */
  take(): Uint8Array {
    const taken = new Uint8Array(this.#bytes.subarray(0, this.#end)); // a copy: the next frames overwrite the buffer
    this.#end = 0;
    if (this.#bytes.length > MOST_KEPT) this.#replace(allocate(FIRST_BYTES));
    return taken;
  }

  #field(kind: FieldKind, value: unknown): void {
    if (kind === "id") {
      this.#room(8);
      this.#view.setFloat64(this.#end, value as number);
      this.#end += 8;
    } else if (kind === "short") {
      this.#room(2);
      this.#view.setUint16(this.#end, value as number);
      this.#end += 2;
    } else if (kind === "text") this.#text(value as string);
    else {
      this.#room(1);
      this.#view.setUint8(this.#end++, kind.indexOf(value as string | boolean));
    }
  }

  #text(text: string): void {
    const length = utf8Length(text);
    this.#room(4 + length);
    this.#view.setUint32(this.#end, length);
    writeUtf8(this.#bytes, text, this.#end + 4);
    this.#end += 4 + length;
  }

  #raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  #room(more: number): void {
    const needed = this.#end + more;
    if (needed <= this.#bytes.length) return;
    const larger = allocate(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#replace(larger);
  }

  #replace(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

/** Writes one frame, to be sent to several nodes. Throws as `FrameWriter.add` does. */
export function writeFrame(frame: Frame): Uint8Array {
  const writer = new FrameWriter();
  writer.add(frame);
  return writer.take();
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Returns the details as JSON, or nothing if there are none, which is the usual case. */
function detailsText(details: object): string {
  for (const _ in details) return JSON.stringify(details);
  return "";
}
