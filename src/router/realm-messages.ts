import type { Message, RequestMessage } from "../wire/messages.js";

/** What a client may ask of a realm, once its session stands. */
export type RealmMessage = Extract<
  Message,
  { type: "PUBLISH" | "SUBSCRIBE" | "UNSUBSCRIBE" | "CALL" | "CANCEL" | "REGISTER" | "UNREGISTER" | "YIELD" | "ERROR" }
>;

export function isForRealm(message: Message): message is RealmMessage {
  switch (message.type) {
    case "CALL": // those that come most are first
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

/** Whether an authorizer is asked, or a message has to wait behind one that is. */
export function isGated(message: RealmMessage): message is Extract<RealmMessage, RequestMessage | { type: "CANCEL" }> {
  return message.type !== "YIELD" && message.type !== "ERROR";
}
