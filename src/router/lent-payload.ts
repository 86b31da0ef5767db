import type { Payload } from "../wire/payload.js";

/**
 * Returns a stored payload for one use. Its values are decoded for that use alone: if the store held them, they could take 40 times
 * the memory that it counts.
 */
export function lentPayload(payload: Payload): Payload {
  return payload.format === undefined ? payload : payload.copy();
}
