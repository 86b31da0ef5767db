import type { Serializer } from "../../wire/serializer.js";
import { type Frame, frameBytes } from "../frame.js";
import { type FrameEncoder, frameEncoder } from "../frame-encoder.js";
import { firstByte, headerLength, messageLength, writeHeader } from "./frame.js";

/** The size of the message in a whole unmasked frame. */
export function messageBytes(frame: Frame): number {
  return messageLength(frameBytes(frame));
}

/** Makes whole unmasked WebSocket frames of messages. */
export function createFrameEncoder(serializer: Serializer): FrameEncoder {
  const first = firstByte(serializer.binary);
  return frameEncoder(serializer, {
    headerLength,
    writeHeader: (bytes, length) => writeHeader(bytes, 0, { length: messageLength(length), first, maskBit: 0 }),
  });
}
