import type { Message } from "../wire/messages.js";
import type { Serializer } from "../wire/serializer.js";

/** The longest header of an unmasked WebSocket frame. */
const HEADROOM = 10;

/** Makes whole unmasked WebSocket frames of messages; a server's connections of one serializer share one. */
export interface FrameEncoder {
  /** The same frame again for the message it was last asked for, so a publication is encoded once for all who get it. */
  frame(message: Message): Uint8Array;
  /** How many messages were encoded. */
  readonly encodings: number;
}

export function createFrameEncoder(serializer: Serializer): FrameEncoder {
  let last: { readonly message: Message; readonly frame: Uint8Array } | undefined;
  let encodings = 0;
  return {
    get encodings() {
      return encodings;
    },
    frame(message) {
      if (last?.message === message) return last.frame;
      encodings++;
      const frame = frameInPlace(serializer.encode(message, HEADROOM), serializer.binary);
      last = { message, frame };
      return frame;
    },
  };
}

/** Writes the header right before the payload, into the room left free, and returns the bytes from there on. */
function frameInPlace(bytes: Uint8Array, binary: boolean): Uint8Array {
  const length = bytes.length - HEADROOM;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADROOM);
  const first = 0x80 | (binary ? 2 : 1); // FIN and the opcode
  if (length < 126) {
    view.setUint16(HEADROOM - 2, (first << 8) | length);
    return bytes.subarray(HEADROOM - 2);
  }
  if (length < 65_536) {
    view.setUint16(HEADROOM - 4, (first << 8) | 126);
    view.setUint16(HEADROOM - 2, length);
    return bytes.subarray(HEADROOM - 4);
  }
  view.setUint16(0, (first << 8) | 127);
  view.setUint32(2, Math.floor(length / 2 ** 32));
  view.setUint32(6, length >>> 0);
  return bytes;
}
