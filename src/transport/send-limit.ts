import { WampError } from "../wire/error.js";
import { PAYLOAD_SIZE_EXCEEDED } from "../wire/uris.js";

/** Throws `wamp.error.payload_size_exceeded` for a message larger than the other side's announced limit. */
export function checkSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new WampError(PAYLOAD_SIZE_EXCEEDED, {
    args: [`the message has ${bytes} bytes, but the other side accepts at most ${maxBytes}`],
  });
}
