import { type Dict, isDict } from "../../wire/fields.js";
import { isId } from "../../wire/ids.js";
import type { RequestMessage } from "../../wire/messages.js";
import type { Subscriptions } from "../subscriptions.js";
import type { Question } from "./decisions.js";

/** What an authorizer is asked about a request: nothing where a session gives back what is its own. */
export function questionsOf(message: RequestMessage, subscriptions: Pick<Subscriptions, "book">): readonly Question[] {
  switch (message.type) {
    case "CALL": {
      const call: Question = { action: "call", uri: message.procedure, options: dictOf(message.options) };
      if (!message.procedure.startsWith("wamp.")) return [call];
      const implied = impliedBy(message.procedure, message.payload, subscriptions);
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

/** A testament is a publication, and a history is as good as a subscription. */
function impliedBy(
  procedure: string,
  { args, kwargs }: { readonly args: readonly unknown[]; readonly kwargs: Dict },
  { book }: Pick<Subscriptions, "book">,
): Question | undefined {
  const [first] = args;
  if (procedure === "wamp.session.add_testament" && typeof first === "string") {
    const { publish_options: options } = kwargs;
    return { action: "publish", uri: first, options: isDict(options) ? options : {} };
  }
  const subscription = procedure === "wamp.subscription.get_events" && isId(first) ? book.byId(first) : undefined;
  return subscription && { action: "subscribe", uri: subscription.uri, options: { match: subscription.match } };
}

function dictOf(options: object): Dict {
  return options as Dict;
}
