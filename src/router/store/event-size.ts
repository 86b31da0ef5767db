import { WampError } from "../../wire/error.js";
import { PAYLOAD_SIZE_EXCEEDED } from "../../wire/uris.js";
import { largestEncodedBytes } from "../largest-encoded.js";
import type { StoredEvent } from "./store.js";

/** What the objects and the indexes around a payload take, roughly. */
const AROUND_BYTES = 500;

/** About how many bytes an event takes in memory. */
export function sizeOf({ topic, payload, lists }: StoredEvent): number {
  const payloadBytes =
    payload.encodedIn === undefined
      ? largestEncodedBytes(payload.args) + largestEncodedBytes(payload.kwargs)
      : payload.byteLength;
  return AROUND_BYTES + 2 * topic.length + payloadBytes + largestEncodedBytes(lists);
}

/** Throws `wamp.error.payload_size_exceeded` for an event that alone is more than a store's bound: keeping it would drop all others. */
export function checkFits(
  bytes: number,
  bounds: { readonly maxRetainedBytes: number; readonly maxHistoryBytes: number },
): void {
  const most = Math.min(bounds.maxRetainedBytes, bounds.maxHistoryBytes);
  if (bytes <= most) return;
  throw new WampError(PAYLOAD_SIZE_EXCEEDED, {
    args: [`an event of ${bytes} bytes cannot be kept: this realm's store takes at most ${most}`],
  });
}
