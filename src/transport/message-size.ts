import type { SettingRule } from "../wire/settings.js";

/** The largest allowed `maxMessageBytes`: WebSocket libraries use 32-bit sizes. */
const MOST_BYTES = 2 ** 31 - 1;

/** The rule for `maxMessageBytes`. */
export const messageSize: SettingRule = {
  expected: `an integer from 1 to ${MOST_BYTES}`,
  accepts: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_BYTES,
};
