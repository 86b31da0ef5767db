import type { Headroom, Serializer } from "../../wire/serializer.js";
import { type BatchDelimiter, LENGTH_BYTES, OCTAL_30, writeLength } from "../batch-reader.js";
import { type Frame, frameBytes } from "../frame.js";
import { type FrameEncoder, frameEncoder } from "../frame-encoder.js";
import type { IncomingBatches } from "../incoming-batches.js";
import { firstByte, headerLength, messageLength, writeHeader } from "./frame.js";

/** The size of what is in a whole unmasked frame: a message, or a batch. */
export function messageBytes(frame: Frame): number {
  return messageLength(frameBytes(frame));
}

/** Makes whole unmasked WebSocket frames of messages. With a `delimiter`, each is a batch of one. */
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

/** The encoders of a listener: one for each serializer, and for each way to tell the messages of its batches apart. */
export class FrameEncoders {
  readonly #encoders = new Map<string, FrameEncoder>();

  /** What makes the frames of one connection. `batches` is what it receives, where it travels in batches. */
  frameFor(serializer: Serializer, batches: IncomingBatches | undefined): FrameEncoder["frame"] {
    const encoder = this.#encoderOf(serializer, batches?.delimiter);
    if (!batches || serializer.binary) return encoder.frame;
    const { frame } = encoder;
    // How the client tells messages apart is known once something has come.
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
