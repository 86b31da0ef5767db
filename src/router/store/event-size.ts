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
