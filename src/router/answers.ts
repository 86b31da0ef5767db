import type { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { RequestType } from "../wire/messages.js";
import type { ErrorDetails } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import type { RealmSession } from "./realm-session.js";

/** Answers a request with ERROR. `details` defaults to empty. */
export function answerError(
  session: RealmSession,
  { requestType, request }: { readonly requestType: RequestType; readonly request: Id },
  error: WampError,
  details: ErrorDetails = {},
): void {
  const answer = { type: "ERROR", requestType, request, details, error: error.uri } as const;
  const refusal = session.send({ ...answer, payload: Payload.of(error.args, error.kwargs) });
  if (refusal) session.send({ ...answer, payload: Payload.EMPTY }); // the request must be answered in any case
}
