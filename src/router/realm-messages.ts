import type { Message, RequestMessage } from "../wire/messages.js";

/** The messages of a client to its realm. */
export type RealmMessage = Extract<
  Message,
  { type: "PUBLISH" | "SUBSCRIBE" | "UNSUBSCRIBE" | "CALL" | "CANCEL" | "REGISTER" | "UNREGISTER" | "YIELD" | "ERROR" }
>;

export function isForRealm(message: Message): message is RealmMessage {
  switch (message.type) {
    case "CALL": // the most frequent types first
    case "YIELD":
    case "PUBLISH":
    case "ERROR":
    case "CANCEL":
    case "SUBSCRIBE":
    case "UNSUBSCRIBE":
    case "REGISTER":
    case "UNREGISTER":
      return true;
    default:
      return false;
  }
}

/** Returns whether a message needs authorization or must wait behind such a message. */
export function isGated(message: RealmMessage): message is Extract<RealmMessage, RequestMessage | { type: "CANCEL" }> {
  return message.type !== "YIELD" && message.type !== "ERROR";
}
