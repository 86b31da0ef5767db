import { DEVELOPMENT } from "#development";
import { violation } from "../error.js";
import type { BatchFraming } from "../serializer.js";

/** The character after each JSON message. No JSON text contains it. */
const SEPARATOR = "\x1e";

/** The batches of JSON clients. */
export const TEXT_BATCHES: BatchFraming = {
  encode: (serializer, message) => `${serializer.encodeText?.(message)}${SEPARATOR}`,
  join: (messages) => messages.join(""),
  split(batch) {
    const messages = (batch as string).split(SEPARATOR);
    const rest = messages.pop();
    if (rest === "" && messages.length > 0 && !messages.includes("")) return messages;
    throw violation(
      "malformed batch",
      DEVELOPMENT && (rest ? "no record separator (0x1E) follows its last message" : "one of its messages is empty"),
    );
  },
};
