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

/** An encoded payload within a larger buffer: the bytes of `source` from `start` to `end`. */
export interface PayloadBytes {
  readonly source: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly elements: 0 | 1 | 2;
}

const NOTHING: Arguments = Object.freeze({ args: Object.freeze([]), kwargs: Object.freeze({}) });
const NO_BYTES: PayloadBytes = { source: new Uint8Array(0), start: 0, end: 0, elements: 0 };

/**
 * The application's arguments in a message. A received payload stays encoded until its values are first read, and is
 * decoded only once. It is forwarded as the same bytes if the next hop uses the same serializer.
 *
 * The fields are internal. Only the functions of `payload-bytes.ts` change them. These functions are not methods, because
 * bundlers cannot remove unused methods, and most clients never encode a payload apart from its message.
 */
export class Payload implements PayloadBytes {
  static readonly EMPTY: Payload = new Payload(NOTHING);

  /** The values; `undefined` until they are decoded. */
  values: Arguments | undefined;
  /** The format of the bytes; `undefined` for values that are not encoded yet. */
  format: PayloadFormat | undefined;
  source: Uint8Array;
  readonly start: number;
  end: number;
  elements: 0 | 1 | 2;
  /** The same bytes alone, once requested. */
  encoded: EncodedPayload | undefined;

  /** Creates a payload of values, or of bytes whose structure has been verified. */
  constructor(values: Arguments | undefined, format?: PayloadFormat, lies: PayloadBytes = NO_BYTES) {
    this.values = values;
    this.format = format;
    this.source = lies.source;
    this.start = lies.start;
    this.end = lies.end;
    this.elements = lies.elements;
    this.encoded = undefined;
  }

  /** Creates a payload of values. They are not copied, so the caller must not change them afterwards. */
  static of(args: readonly unknown[] = NOTHING.args, kwargs: Dict = NOTHING.kwargs): Payload {
    return new Payload({ args, kwargs });
  }

  get args(): readonly unknown[] {
    return decoded(this).args;
  }

  get kwargs(): Dict {
    return decoded(this).kwargs;
  }

  /** Copies the payload for another receiver in this process. The copies share bytes, which are immutable, but no objects. */
  copy(): Payload {
    if (this.format) return new Payload(undefined, this.format, this);
    const { args, kwargs } = this;
    return Payload.of(copyValue(args, "args") as readonly unknown[], copyValue(kwargs, "kwargs") as Dict);
  }
}

function decoded(payload: Payload): Arguments {
  payload.values ??= payload.format?.decodePayload(encodedBytes(payload)) ?? NOTHING;
  return payload.values;
}

/** Returns the bytes of an encoded payload alone. */
export function encodedBytes(payload: Payload): EncodedPayload {
  payload.encoded ??= { bytes: payload.source.subarray(payload.start, payload.end), elements: payload.elements };
  return payload.encoded;
}
