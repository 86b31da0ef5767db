import { natural, positive, type SettingRule, type SettingRules } from "../../wire/settings.js";
import { LEAST_BYTES, MOST_BYTES } from "./handshake.js";

/** RawSocket settings of a router. */
export interface RawSocketSettings {
  /**
   * The maximum size of a received message, in bytes, from 512 to 2^24. It is rounded down to a power of two, as the handshake
   * requires. A larger message ends its session. Default: 2^24 (16 MiB).
   */
  readonly maxMessageBytes?: number;
  /**
   * The minimum message size that a client must accept, in bytes. A client that announces less is refused with error 2.
   * Default: 512, which allows all clients.
   */
  readonly minClientMessageBytes?: number;
  /** The maximum number of connections. Further ones are refused with error 4. Default: no limit. */
  readonly maxConnections?: number;
  /** The maximum number of unsent bytes of a connection. Beyond it, the connection is cut. Default: 64 MiB. */
  readonly maxUnsentBytes?: number;
  /**
   * The interval between pings, in milliseconds; `Infinity` for no pings. A connection that is silent for two intervals is cut;
   * if it owes an answer, after 5 s of silence. Default: 10,000, only for clients that are known to answer: those of this library,
   * and those that have sent a ping or pong. Other clients, such as autobahn-python, fail when they are pinged, so only TCP
   * keep-alive detects their loss.
   */
  readonly pingIntervalMs?: number;
}

const size: SettingRule = {
  expected: `an integer from ${LEAST_BYTES} to ${MOST_BYTES}`,
  accepts: (value) => natural.accepts(value) && (value as number) >= LEAST_BYTES && (value as number) <= MOST_BYTES,
};

export const RAW_SOCKET_RULES: SettingRules<RawSocketSettings> = {
  maxMessageBytes: size,
  minClientMessageBytes: size,
  maxConnections: positive,
  maxUnsentBytes: positive,
  pingIntervalMs: positive,
};
