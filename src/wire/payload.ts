import type { Dict } from "./fields.js";
import { copyValue } from "./values.js";

/** `args` and `kwargs` as encoded by one serializer: the last elements of a message. */
export interface EncodedPayload {
  readonly bytes: Uint8Array;
  /** The number of elements in the bytes: 0, 1 (`args`) or 2 (`args` and `kwargs`). */
  readonly elements: 0 | 1 | 2;
}

/** The values of a payload. */
export interface Arguments {
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
}

/** The serializers that WAMP defines, by the last part of the subprotocol: `wamp.2.json`. */
export type SerializerId = "json" | "msgpack" | "cbor";

/** The part of a serializer that reads and writes payloads. Two formats of one `id` write the same bytes. */
export interface PayloadFormat {
  readonly id: SerializerId;
  decodePayload(encoded: EncodedPayload): Arguments;
  /** Encodes values. Throws `TypeError` with the path of a value that cannot be serialized. */
  encodePayload(values: Arguments): EncodedPayload;
}

/** An encoded payload within a larger buffer, from `start` to `end`. */
export interface PayloadBytes extends EncodedPayload {
  readonly start: number;
  readonly end: number;
}

const NOTHING: Arguments = Object.freeze({ args: Object.freeze([]), kwargs: Object.freeze({}) });
const NO_BYTES: PayloadBytes = { bytes: new Uint8Array(0), elements: 0, start: 0, end: 0 };

/** Up to this length, in bytes, a loop is faster than a copy by the platform. */
const SHORT = 96;

/**
 * The application's arguments in a message. A received payload stays encoded until its values are first read, and is
 * decoded only once. It is forwarded as the same bytes if the next hop uses the same serializer.
 */
export class Payload {
  #values: Arguments | undefined;
  #format: PayloadFormat | undefined; // of the bytes
  #bytes: Uint8Array;
  #start: number;
  #end: number;
  #elements: 0 | 1 | 2;
  #encoded: EncodedPayload | undefined; // the same bytes alone, once requested

  private constructor(values: Arguments | undefined, format?: PayloadFormat, lies: PayloadBytes = NO_BYTES) {
    this.#values = values;
    this.#format = format;
    this.#bytes = lies.bytes;
    this.#start = lies.start;
    this.#end = lies.end;
    this.#elements = lies.elements;
  }

  static readonly EMPTY: Payload = new Payload(NOTHING);

  /** Creates a payload of values. They are not copied, so the caller must not change them afterwards. */
  static of(args: readonly unknown[] = NOTHING.args, kwargs: Dict = NOTHING.kwargs): Payload {
    return new Payload({ args, kwargs });
  }

  /** Creates a payload from received bytes, whose structure has been verified. Nothing is decoded yet. */
  static received(format: PayloadFormat, encoded: EncodedPayload): Payload {
    if (encoded.elements === 0) return Payload.EMPTY;
    const payload = new Payload(undefined);
    payload.#keep(encoded, format);
    return payload;
  }

  /** Creates a payload from bytes within a received message. */
  static within(format: PayloadFormat, lies: PayloadBytes): Payload {
    return new Payload(undefined, format, lies);
  }

  /** Whether both `args` and `kwargs` are empty. */
  get isEmpty(): boolean {
    if (this.#format && this.#elements === 0) return true;
    const { args, kwargs } = this.#decoded();
    return args.length === 0 && Object.keys(kwargs).length === 0;
  }

  /** The encoded size in bytes; 0 if not encoded yet. */
  get byteLength(): number {
    return this.#end - this.#start;
  }

  /** The number of encoded elements. */
  get elements(): 0 | 1 | 2 {
    return this.#elements;
  }

  /** The serializer of the bytes; `undefined` for values that are not encoded yet. */
  get encodedIn(): SerializerId | undefined {
    return this.#format?.id;
  }

  get args(): readonly unknown[] {
    return this.#decoded().args;
  }

  get kwargs(): Dict {
    return this.#decoded().kwargs;
  }

  /**
   * Returns the bytes in a format. Received bytes of the same format are returned as they are; others are encoded once and
   * cached.
   */
  encodedAs(format: PayloadFormat): EncodedPayload {
    if (this.#format?.id === format.id) return this.#encodedBytes();
    const encoded = format.encodePayload(this.#decoded());
    if (!this.#format) this.#keep(encoded, format);
    return encoded;
  }

  /** Copies the bytes to `target`. `encodedIn` must be set. */
  write(target: Uint8Array, at: number): void {
    const bytes = this.#bytes;
    const start = this.#start;
    const length = this.#end - start;
    if (length > SHORT) target.set(this.#encodedBytes().bytes, at);
    else for (let index = 0; index < length; index++) target[at + index] = bytes[start + index] as number;
  }

  /** Copies the payload for another receiver in this process. The copies share bytes, which are immutable, but no objects. */
  copy(): Payload {
    if (this.#format) return Payload.received(this.#format, this.#encodedBytes());
    const { args, kwargs } = this.#decoded();
    return new Payload({
      args: copyValue(args, "args") as readonly unknown[],
      kwargs: copyValue(kwargs, "kwargs") as Dict,
    });
  }

  /** Returns the payload with its own bytes, for storage. A received payload is a view of a network buffer. */
  detached(): Payload {
    if (!this.#format) return this.copy();
    const bytes = new Uint8Array(this.byteLength);
    this.write(bytes, 0);
    return Payload.received(this.#format, { bytes, elements: this.#elements });
  }

  /** Returns the payload for short-term storage. It gets its own bytes if they are less than half of the network buffer. */
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
