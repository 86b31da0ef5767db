import type { Message } from "../../wire/messages.js";
import type { Serializer } from "../../wire/serializer.js";
import { type Frame, firstByte, frameBytes, headerLength, messageLength, writeHeader } from "./frame.js";

/** The size of the message in a whole unmasked frame. */
export function messageBytes(frame: Frame): number {
  return messageLength(frameBytes(frame));
}

/** Makes whole unmasked WebSocket frames of messages; a server's connections of one serializer share one. */
export interface FrameEncoder {
  /** The same frame again for the message it was last asked for, so a publication is encoded once for all who get it. */
  readonly frame: (message: Message) => Frame;
  /** How many messages were encoded. */
  readonly encodings: number;
}

export function createFrameEncoder(serializer: Serializer): FrameEncoder {
  let last: { readonly message: Message; readonly frame: Frame } | undefined;
  let encodings = 0;
  return {
    get encodings() {
      return encodings;
    },
    frame(message) {
      if (last?.message === message) return last.frame;
      encodings++;
      // An event may go to many, where one piece is cheaper.
      const pieces = message.type === "EVENT" ? undefined : serializer.encodeLarge?.(message, headerLength);
      const frame = pieces ?? [serializer.encode(message, headerLength)];
      const length = messageBytes(frame);
      writeHeader(frame[0] as Uint8Array, 0, { length, first: firstByte(serializer.binary), maskBit: 0 });
      last = { message, frame };
      return frame;
    },
  };
}
