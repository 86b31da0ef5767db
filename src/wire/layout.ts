import type { Message, MessageType, RequestType } from "./messages.js";

/**
 * The list layout of each message: its type code, then its fields in wire order. If a message has a payload,
 * `args|list?, kwargs|dict?` follow.
 */
export const LAYOUT: { readonly [Type in MessageType]: readonly [code: number, ...fields: string[]] } = {
  HELLO: [1, "realm", "details"],
  WELCOME: [2, "session", "details"],
  ABORT: [3, "details", "reason"],
  CHALLENGE: [4, "authmethod", "extra"],
  AUTHENTICATE: [5, "signature", "extra"],
  GOODBYE: [6, "details", "reason"],
  ERROR: [8, "requestType", "request", "details", "error"],
  PUBLISH: [16, "request", "options", "topic"],
  PUBLISHED: [17, "request", "publication"],
  SUBSCRIBE: [32, "request", "options", "topic"],
  SUBSCRIBED: [33, "request", "subscription"],
  UNSUBSCRIBE: [34, "request", "subscription"],
  UNSUBSCRIBED: [35, "request", "details"],
  EVENT: [36, "subscription", "publication", "details"],
  EVENT_RECEIVED: [337, "publication"],
  CALL: [48, "request", "options", "procedure"],
  CANCEL: [49, "request", "options"],
  RESULT: [50, "request", "details"],
  REGISTER: [64, "request", "options", "procedure"],
  REGISTERED: [65, "request", "registration"],
  UNREGISTER: [66, "request", "registration"],
  UNREGISTERED: [67, "request", "details"],
  INVOCATION: [68, "request", "registration", "details"],
  INTERRUPT: [69, "request", "options"],
  YIELD: [70, "request", "options"],
};

/** Returns the elements of a message in wire order: the type code and the fields, without the payload. */
export function listOf(message: Message): unknown[] {
  const layout = LAYOUT[message.type];
  const elements: unknown[] = [layout[0]];
  for (let index = 1; index < layout.length; index++) {
    const name = layout[index];
    const value = message[name as keyof Message] as unknown;
    if (value !== undefined) elements.push(name === "requestType" ? LAYOUT[value as RequestType][0] : value);
  }
  return elements;
}
