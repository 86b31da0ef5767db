import { type Dict, isDict } from "../../wire/fields.js";
import { isId } from "../../wire/ids.js";
import type { Call, RequestMessage } from "../../wire/messages.js";
import type { Subscriptions } from "../subscriptions.js";
import type { Question } from "./decisions.js";
import { type Reader, sees } from "./visible.js";

/** Returns the questions to authorize a request; none for requests that give up the session's own entries. */
export function questionsOf(
  message: RequestMessage,
  reader: Reader,
  subscriptions: Pick<Subscriptions, "book">,
): readonly Question[] {
  switch (message.type) {
    case "CALL": {
      const call: Question = { action: "call", uri: message.procedure, options: dictOf(message.options) };
      if (!message.procedure.startsWith("wamp.")) return [call];
      const implied = impliedBy(message, reader, subscriptions);
      return implied ? [call, implied] : [call];
    }
    case "REGISTER":
      return [{ action: "register", uri: message.procedure, options: dictOf(message.options) }];
    case "PUBLISH":
      return [{ action: "publish", uri: message.topic, options: dictOf(message.options) }];
    case "SUBSCRIBE":
      return [{ action: "subscribe", uri: message.topic, options: dictOf(message.options) }];
    default:
      return [];
  }
}

/**
 * Returns the action behind a meta call. A testament is a publication, and a history is equivalent to a subscription, which
 * its reader names by ID only.
 */
function impliedBy(
  { procedure, payload: { args, kwargs } }: Call,
  reader: Reader,
  { book }: Pick<Subscriptions, "book">,
): Question | undefined {
  const [first] = args;
  if (procedure === "wamp.session.add_testament" && typeof first === "string") {
    const { publish_options: options } = kwargs;
    return { action: "publish", uri: first, options: isDict(options) ? options : {} };
  }
  const subscription = procedure === "wamp.subscription.get_events" && isId(first) ? book.byId(first) : undefined;
  if (!subscription || !sees(reader, "topic", subscription)) return undefined;
  const { uri, match } = subscription;
  return { action: "subscribe", uri, options: { match }, named: { action: "call", uri: procedure } };
}

function dictOf(options: object): Dict {
  return options as Dict;
}
