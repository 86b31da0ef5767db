import { payloadLength } from "../../wire/payload-bytes.js";
import { largestEncodedBytes } from "../largest-encoded.js";
import type { StoredEvent } from "./store.js";

/** The approximate size of the objects and indexes around a payload, in bytes. */
const AROUND_BYTES = 500;

/** Returns the approximate size of an event in memory, in bytes. */
export function sizeOf({ topic, payload, lists }: StoredEvent): number {
  const payloadBytes =
    payload.format === undefined
      ? largestEncodedBytes(payload.args) + largestEncodedBytes(payload.kwargs)
      : payloadLength(payload);
  return AROUND_BYTES + 2 * topic.length + payloadBytes + largestEncodedBytes(lists);
}
