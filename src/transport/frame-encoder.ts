import type { Message } from "../wire/messages.js";
import type { Headroom, MessageSerializer } from "../wire/serializer.js";
import { type Frame, frameBytes } from "./frame.js";

/** The framing of whole messages. */
export interface Framing {
  /** Returns the length of the header for a message of the given size. */
  readonly headerLength: Headroom;
  /** Writes the header into the space reserved at the start of a frame. `frameBytes` is the length of the whole frame. */
  writeHeader(first: Uint8Array, frameBytes: number): void;
  /** The octet after each message, if there is one. */
  readonly ending?: number;
}

/** Encodes messages as whole frames. The connections of one serializer share one encoder. */
export interface FrameEncoder {
  /** Returns the same frame for the same message as in the previous call, so a publication is encoded once for all receivers. */
  readonly frame: (message: Message) => Frame;
  /** The number of messages encoded. */
  readonly encodings: number;
}

export function frameEncoder(
  serializer: MessageSerializer,
  { headerLength, writeHeader, ending }: Framing,
): FrameEncoder {
  let last: { readonly message: Message; readonly frame: Frame } | undefined;
  let encodings = 0;

  /** Encodes a message after the space for the header. */
  function encode(message: Message): Frame {
    // An event may have many receivers, for which one chunk is cheaper.
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
