import { type BatchDelimiter, LENGTH_BYTES, OCTAL_30, writeLength } from "../../wire/batches/reader.js";
import type { Headroom, Serializer } from "../../wire/serializer.js";
import { type Frame, frameBytes } from "../frame.js";
import { type FrameEncoder, frameEncoder } from "../frame-encoder.js";
import type { IncomingBatches } from "../incoming-batches.js";
import { firstByte, headerLength, messageLength, writeHeader } from "./frame.js";

/** Returns the size of the message or batch in a whole unmasked frame. */
export function messageBytes(frame: Frame): number {
  return messageLength(frameBytes(frame));
}

/** Creates the encoder for whole unmasked WebSocket frames. With a `delimiter`, each frame is a batch of one message. */
export function createFrameEncoder(serializer: Serializer, delimiter?: BatchDelimiter): FrameEncoder {
  const first = firstByte(serializer.binary);
  return frameEncoder(serializer, {
    headerLength: headroomOf(delimiter),
    writeHeader(bytes, frameLength) {
      const length = messageLength(frameLength);
      writeHeader(bytes, 0, { length, first, maskBit: 0 });
      if (delimiter === "length") writeLength(bytes, headerLength(length), length - LENGTH_BYTES);
    },
    ...(typeof delimiter === "number" && { ending: delimiter }),
  });
}

function headroomOf(delimiter: BatchDelimiter | undefined): Headroom {
  if (delimiter === undefined) return headerLength;
  if (delimiter === "length") return (length) => headerLength(length + LENGTH_BYTES) + LENGTH_BYTES;
  return (length) => headerLength(length + 1);
}

/** The encoders of a listener: one per serializer and batch delimiter. */
export class FrameEncoders {
  readonly #encoders = new Map<string, FrameEncoder>();

  /** Returns the function that creates the frames of one connection. `batches` is set if the connection uses batches. */
  frameFor(serializer: Serializer, batches: IncomingBatches | undefined): FrameEncoder["frame"] {
    const encoder = this.#encoderOf(serializer, batches?.delimiter);
    if (!batches || serializer.binary) return encoder.frame;
    const { frame } = encoder;
    // The client's delimiter is known after its first batch.
    return (message) =>
      batches.delimiter === OCTAL_30 ? this.#encoderOf(serializer, OCTAL_30).frame(message) : frame(message);
  }

  #encoderOf(serializer: Serializer, delimiter: BatchDelimiter | undefined): FrameEncoder {
    const key = `${serializer.id} ${delimiter}`;
    const encoder = this.#encoders.get(key) ?? createFrameEncoder(serializer, delimiter);
    this.#encoders.set(key, encoder);
    return encoder;
  }
}
