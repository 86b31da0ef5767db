import type { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { RequestType } from "../wire/messages.js";
import { Payload } from "../wire/payload.js";
import type { RealmSession } from "./realm-session.js";

/** Answers a request of a session with ERROR. */
export function answerError(
  session: RealmSession,
  { requestType, request }: { readonly requestType: RequestType; readonly request: Id },
  error: WampError,
): void {
  const payload = Payload.of(error.args, error.kwargs);
  session.send({ type: "ERROR", requestType, request, details: {}, error: error.uri, payload });
}
