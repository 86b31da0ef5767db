import type { Dict } from "./fields.js";
import { copyValue } from "./values.js";

/** `args` and `kwargs` as one serializer writes them: the elements that end a message. */
export interface EncodedPayload {
  readonly bytes: Uint8Array;
  /** How many elements the bytes hold: none, `args`, or `args` and `kwargs`. */
  readonly elements: 0 | 1 | 2;
}

/** The values of a payload. */
export interface Arguments {
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
}

/** The serializers WAMP names, by the end of their sub-protocol: `wamp.2.json`. */
export type SerializerId = "json" | "msgpack" | "cbor";

/** The part of a serializer that reads and writes payloads. Two formats of one `id` write the same bytes. */
export interface PayloadFormat {
  readonly id: SerializerId;
  decodePayload(encoded: EncodedPayload): Arguments;
  /** Throws `TypeError` for a value that cannot travel, naming its path. */
  encodePayload(values: Arguments): EncodedPayload;
}

/** Where the bytes of a payload lie: from `start` to `end`. */
export interface PayloadBytes extends EncodedPayload {
  readonly start: number;
  readonly end: number;
}

const NOTHING: Arguments = Object.freeze({ args: Object.freeze([]), kwargs: Object.freeze({}) });
const NO_BYTES: PayloadBytes = { bytes: new Uint8Array(0), elements: 0, start: 0, end: 0 };

/** Up to so many bytes a loop is faster than a call that copies. */
const SHORT = 96;

/**
 * The application's arguments in a message. They stay the bytes they arrived as, are decoded when first asked for and
 * only once, and leave as the same bytes where the next hop speaks the same serializer.
 */
export class Payload {
  #values: Arguments | undefined;
  #format: PayloadFormat | undefined; // that the bytes are written in
  #bytes: Uint8Array;
  #start: number;
  #end: number;
  #elements: 0 | 1 | 2;
  #encoded: EncodedPayload | undefined; // the same bytes by themselves, once somebody has asked for them

  private constructor(values: Arguments | undefined, format?: PayloadFormat, lies: PayloadBytes = NO_BYTES) {
    this.#values = values;
    this.#format = format;
    this.#bytes = lies.bytes;
    this.#start = lies.start;
    this.#end = lies.end;
    this.#elements = lies.elements;
  }

  static readonly EMPTY: Payload = new Payload(NOTHING);

  /** A payload of values. They are not copied: whoever gives them must not change them afterwards. */
  static of(args: readonly unknown[] = NOTHING.args, kwargs: Dict = NOTHING.kwargs): Payload {
    return new Payload({ args, kwargs });
  }

  /** A payload as it arrived. Its structure has been verified; nothing of it is decoded yet. */
  static received(format: PayloadFormat, encoded: EncodedPayload): Payload {
    if (encoded.elements === 0) return Payload.EMPTY;
    const payload = new Payload(undefined);
    payload.#keep(encoded, format);
    return payload;
  }

  /** The same, of bytes that lie in a message. */
  static within(format: PayloadFormat, lies: PayloadBytes): Payload {
    return new Payload(undefined, format, lies);
  }

  /** Whether neither `args` nor `kwargs` holds anything. */
  get isEmpty(): boolean {
    if (this.#format && this.#elements === 0) return true;
    const { args, kwargs } = this.#decoded();
    return args.length === 0 && Object.keys(kwargs).length === 0;
  }

  /** How many bytes it takes, where it is written. */
  get byteLength(): number {
    return this.#end - this.#start;
  }

  /** How many elements those bytes hold. */
  get elements(): 0 | 1 | 2 {
    return this.#elements;
  }

  /** The serializer its bytes are in; `undefined` for one of values that was not written yet. */
  get encodedIn(): SerializerId | undefined {
    return this.#format?.id;
  }

  get args(): readonly unknown[] {
    return this.#decoded().args;
  }

  get kwargs(): Dict {
    return this.#decoded().kwargs;
  }

  /** The bytes in a format: those that arrived where it is the same format, else made once and kept. */
  encodedAs(format: PayloadFormat): EncodedPayload {
    if (this.#format?.id === format.id) return this.#encodedBytes();
    const encoded = format.encodePayload(this.#decoded());
    if (!this.#format) this.#keep(encoded, format);
    return encoded;
  }

  /** Writes its bytes, which it has where `encodedIn` says so. */
  write(target: Uint8Array, at: number): void {
    const bytes = this.#bytes;
    const start = this.#start;
    const length = this.#end - start;
    if (length > SHORT) target.set(this.#encodedBytes().bytes, at);
    else for (let index = 0; index < length; index++) target[at + index] = bytes[start + index] as number;
  }

  /** A payload for another receiver in this process: it shares bytes, which nobody changes, and never objects. */
  copy(): Payload {
    if (this.#format) return Payload.received(this.#format, this.#encodedBytes());
    const { args, kwargs } = this.#decoded();
    return new Payload({
      args: copyValue(args, "args") as readonly unknown[],
      kwargs: copyValue(kwargs, "kwargs") as Dict,
    });
  }

  /** The same payload with bytes of its own, for keeping: a received one is a view of a network buffer. */
  detached(): Payload {
    if (!this.#format) return this.copy();
    const bytes = new Uint8Array(this.byteLength);
    this.write(bytes, 0);
    return Payload.received(this.#format, { bytes, elements: this.#elements });
  }

  /** The same payload, for keeping a while: with bytes of its own where they are the smaller part of a network buffer. */
  unpinned(): Payload {
    if (!this.#format || this.byteLength * 2 >= this.#bytes.buffer.byteLength) return this;
    return this.detached();
  }

  #encodedBytes(): EncodedPayload {
    this.#encoded ??= { bytes: this.#bytes.subarray(this.#start, this.#end), elements: this.#elements };
    return this.#encoded;
  }

  #keep(encoded: EncodedPayload, format: PayloadFormat): void {
    this.#format = format;
    this.#bytes = encoded.bytes;
    this.#end = encoded.bytes.length;
    this.#elements = encoded.elements;
    this.#encoded = encoded;
  }

  #decoded(): Arguments {
    if (this.#values) return this.#values;
    if (!this.#format) return NOTHING;
    this.#values = this.#format.decodePayload(this.#encodedBytes());
    return this.#values;
  }
}
