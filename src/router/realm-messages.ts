import type { Message, RequestMessage } from "../wire/messages.js";

/** What a client may ask of a realm, once its session stands. */
export type RealmMessage = Extract<
  Message,
  { type: "PUBLISH" | "SUBSCRIBE" | "UNSUBSCRIBE" | "CALL" | "CANCEL" | "REGISTER" | "UNREGISTER" | "YIELD" | "ERROR" }
>;

const REALM_MESSAGES: ReadonlySet<string> = new Set<RealmMessage["type"]>([
  "PUBLISH",
  "SUBSCRIBE",
  "UNSUBSCRIBE",
  "CALL",
  "CANCEL",
  "REGISTER",
  "UNREGISTER",
  "YIELD",
  "ERROR",
]);

export function isForRealm(message: Message): message is RealmMessage {
  return REALM_MESSAGES.has(message.type);
}

/** Whether an authorizer is asked, or a message has to wait behind one that is. */
export function isGated(message: RealmMessage): message is Extract<RealmMessage, RequestMessage | { type: "CANCEL" }> {
  return message.type !== "YIELD" && message.type !== "ERROR";
}
