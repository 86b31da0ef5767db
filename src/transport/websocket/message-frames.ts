import type { Message } from "../../wire/messages.js";
import type { Serializer } from "../../wire/serializer.js";
import { type Frame, firstByte, frameBytes, headerLength, writeHeader } from "./frame.js";

/** The longest header of an unmasked WebSocket frame. */
const HEADROOM = 10;

/** The size of the message in a whole unmasked frame. */
export function messageBytes(frame: Frame): number {
  const short = (frame[0] as Uint8Array)[1] as number;
  return frameBytes(frame) - (short < 126 ? 2 : short === 126 ? 4 : 10);
}

/** Makes whole unmasked WebSocket frames of messages; a server's connections of one serializer share one. */
export interface FrameEncoder {
  /** The same frame again for the message it was last asked for, so a publication is encoded once for all who get it. */
  frame(message: Message): Frame;
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
      const pieces = message.type === "EVENT" ? undefined : serializer.encodeLarge?.(message, HEADROOM);
      const head = pieces?.[0] ?? serializer.encode(message, HEADROOM);
      const rest = pieces?.slice(1);
      let length = head.length - HEADROOM;
      if (rest) for (const piece of rest) length += piece.length;
      const start = HEADROOM - headerLength(length); // the header is written right before the rest
      writeHeader(head, start, { length, first: firstByte(serializer.binary), maskBit: 0 });
      const frame = rest ? [head.subarray(start), ...rest] : [head.subarray(start)];
      last = { message, frame };
      return frame;
    },
  };
}
