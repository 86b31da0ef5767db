import { WampError } from "../../wire/error.js";
import { positive, type SettingRules } from "../../wire/settings.js";
import { PAYLOAD_SIZE_EXCEEDED } from "../../wire/uris.js";

/** The limits of a store. An event that alone is larger than a limit in bytes is refused with `wamp.error.payload_size_exceeded`. */
export interface StoreBounds {
  /**
   * The maximum number of topics with a retained event. Beyond it, the topic retained longest ago is dropped. Default: 10,000 in
   * memory and in NATS, 100,000 with LMDB.
   */
  readonly maxRetainedTopics?: number;
  /** The maximum number of bytes of all retained events. Beyond it, the topics retained longest ago are dropped. Default 64 MiB. */
  readonly maxRetainedBytes?: number;
  /** The maximum number of bytes of each history. Beyond it, its oldest events are dropped. Default 64 MiB. */
  readonly maxHistoryBytes?: number;
}

export const BOUND_RULES: SettingRules<StoreBounds> = {
  maxRetainedTopics: positive,
  maxRetainedBytes: positive,
  maxHistoryBytes: positive,
};
export const DEFAULT_MAX_BYTES: number = 64 * 1024 * 1024;

/**
 * Throws `wamp.error.payload_size_exceeded` for an event that alone exceeds a limit of the store: keeping it would drop all others.
 */
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
