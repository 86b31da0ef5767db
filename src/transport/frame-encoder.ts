import type { Message } from "../wire/messages.js";
import type { Headroom, Serializer } from "../wire/serializer.js";
import { type Frame, frameBytes } from "./frame.js";

/** How whole messages are framed. */
export interface Framing {
  /** How long the header of a message of so many bytes is. */
  readonly headerLength: Headroom;
  /** Writes the header into the room that was left for it, at the start of a frame. `frameBytes` is the length of the whole frame. */
  writeHeader(first: Uint8Array, frameBytes: number): void;
  /** The octet behind each message, where there is one. */
  readonly ending?: number;
}

/** Makes whole frames of messages; the connections of one serializer share one encoder. */
export interface FrameEncoder {
  /** The same frame again for the message it was last asked for, so a publication is encoded once for all who get it. */
  readonly frame: (message: Message) => Frame;
  /** How many messages were encoded. */
  readonly encodings: number;
}

export function frameEncoder(serializer: Serializer, { headerLength, writeHeader, ending }: Framing): FrameEncoder {
  let last: { readonly message: Message; readonly frame: Frame } | undefined;
  let encodings = 0;

  /** Behind room for the header. */
  function encode(message: Message): Frame {
    // An event may go to many, where one piece is cheaper.
    const pieces = message.type === "EVENT" ? undefined : serializer.encodeLarge?.(message, headerLength);
    if (ending === undefined) return pieces ?? [serializer.encode(message, headerLength)];
    if (pieces) return [...pieces, Uint8Array.of(ending)];
    const whole = serializer.encode(message, headerLength, 1);
    whole[whole.length - 1] = ending;
    return [whole];
  }

  return {
    get encodings() {
      return encodings;
    },
    frame(message) {
      if (last?.message === message) return last.frame;
      encodings++;
      const frame = encode(message);
      writeHeader(frame[0] as Uint8Array, frameBytes(frame));
      last = { message, frame };
      return frame;
    },
  };
}
