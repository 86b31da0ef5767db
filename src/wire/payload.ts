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

const NOTHING: Arguments = Object.freeze({ args: Object.freeze([]), kwargs: Object.freeze({}) });

/**
 * The application's arguments in a message. They stay the bytes they arrived as, are decoded when first asked for and
 * only once, and leave as the same bytes where the next hop speaks the same serializer.
 */
export class Payload {
  #values: Arguments | undefined;
  #encoded: EncodedPayload | undefined;
  #format: PayloadFormat | undefined; // that #encoded is written in

  private constructor(values: Arguments | undefined, encoded?: EncodedPayload, format?: PayloadFormat) {
    this.#values = values;
    this.#encoded = encoded;
    this.#format = format;
  }

  static readonly EMPTY: Payload = new Payload(NOTHING);

  /** A payload of values. They are not copied: whoever gives them must not change them afterwards. */
  static of(args: readonly unknown[] = NOTHING.args, kwargs: Dict = NOTHING.kwargs): Payload {
    return new Payload({ args, kwargs });
  }

  /** A payload as it arrived. Its structure has been verified; nothing of it is decoded yet. */
  static received(format: PayloadFormat, encoded: EncodedPayload): Payload {
    return encoded.elements === 0 ? Payload.EMPTY : new Payload(undefined, encoded, format);
  }

  /** Whether neither `args` nor `kwargs` holds anything. */
  get isEmpty(): boolean {
    if (this.#encoded?.elements === 0) return true;
    const { args, kwargs } = this.#decoded();
    return args.length === 0 && Object.keys(kwargs).length === 0;
  }

  /** How many bytes it takes, where it is written. */
  get byteLength(): number {
    return this.#encoded?.bytes.length ?? 0;
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
    if (this.#encoded && this.#format?.id === format.id) return this.#encoded;
    const encoded = format.encodePayload(this.#decoded());
    if (!this.#format) {
      this.#encoded = encoded;
      this.#format = format;
    }
    return encoded;
  }

  /** A payload for another receiver in this process: it shares bytes, which nobody changes, and never objects. */
  copy(): Payload {
    if (this.#encoded && this.#format) return new Payload(undefined, this.#encoded, this.#format);
    const { args, kwargs } = this.#decoded();
    return new Payload({
      args: copyValue(args, "args") as readonly unknown[],
      kwargs: copyValue(kwargs, "kwargs") as Dict,
    });
  }

  /** The same payload with bytes of its own, for keeping: a received one is a view of a network buffer. */
  detached(): Payload {
    if (!this.#encoded || !this.#format) return this.copy();
    const { bytes, elements } = this.#encoded;
    return new Payload(undefined, { bytes: bytes.slice(), elements }, this.#format);
  }

  /** The same payload, for keeping a while: with bytes of its own where they are the smaller part of a network buffer. */
  unpinned(): Payload {
    if (!this.#encoded || this.#encoded.bytes.length * 2 >= this.#encoded.bytes.buffer.byteLength) return this;
    return this.detached();
  }

  #decoded(): Arguments {
    if (this.#values) return this.#values;
    if (!this.#encoded || !this.#format) return NOTHING;
    this.#values = this.#format.decodePayload(this.#encoded);
    return this.#values;
  }
}
