import type { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { RequestType } from "../wire/messages.js";
import type { ErrorDetails } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import type { RealmSession } from "./realm-session.js";

/** Answers a request of a session with ERROR. `details` are empty where none are given. */
export function answerError(
  session: RealmSession,
  { requestType, request }: { readonly requestType: RequestType; readonly request: Id },
  error: WampError,
  details: ErrorDetails = {},
): void {
  const answer = { type: "ERROR", requestType, request, details, error: error.uri } as const;
  const refusal = session.send({ ...answer, payload: Payload.of(error.args, error.kwargs) });
  if (refusal) session.send({ ...answer, payload: Payload.EMPTY }); // whoever asked is to be answered in any case
}
