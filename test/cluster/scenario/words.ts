import type * as m from "../../../src/wire/messages.js";

/** A message in few words, for a trace. */
export function words(message: m.Message): string {
  const { type } = message;
  const request = "request" in message ? ` ${message.request}` : "";
  const about = "payload" in message ? ` ${String(message.payload.args[0])}` : "";
  const error = message.type === "ERROR" ? ` ${message.error}` : "";
  return `${type}${request}${error}${about}`;
}
