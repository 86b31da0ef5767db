import type { SettingRule } from "../wire/settings.js";

/** The largest `maxMessageBytes`: sizes are 32-bit integers in WebSocket libraries. */
const MOST_BYTES = 2 ** 31 - 1;

/** What `maxMessageBytes` may be. */
export const messageSize: SettingRule = {
  expected: `an integer from 1 to ${MOST_BYTES}`,
  accepts: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_BYTES,
};
