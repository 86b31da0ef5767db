import { natural, positive, type SettingRule, type SettingRules } from "../../wire/settings.js";
import { LEAST_BYTES, MOST_BYTES } from "./handshake.js";

/** How a router speaks RawSocket with its clients. */
export interface RawSocketSettings {
  /**
   * Largest message accepted, in bytes, from 512 to 2^24; a larger one ends its session. Rounded down to a power of two, since the handshake
   * says no other. Default 2^24, 16 MiB.
   */
  readonly maxMessageBytes?: number;
  /** The least that a client has to receive, in bytes; one that announces less is refused with error 2. Default 512: all are taken. */
  readonly minClientMessageBytes?: number;
  /** Connections at once; a further one is refused with error 4. Default: no limit. */
  readonly maxConnections?: number;
  /** Unsent bytes beyond which a connection that does not read is cut. Default 64 MiB. */
  readonly maxUnsentBytes?: number;
  /**
   * How often a connection is pinged, in milliseconds; one that stays silent for two of them is cut, and one that owes an answer after 5 s
   * of silence. `Infinity`: never. Default 10,000, and only for clients that are known to answer: those of this library, and those that have
   * sent a ping or pong. Others, such as autobahn-python, break when they are pinged; TCP's keep-alive watches over them.
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
