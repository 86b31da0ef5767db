import type { HttpAnswer } from "../transport/http/answer.js";
import { isWampError, type WampError } from "../wire/error.js";
import * as uris from "../wire/uris.js";
import { payloadText } from "./payload.js";
import { Refusal } from "./refusal.js";

/** The status of an error, by its URI; any other has 500. */
const STATUSES: Readonly<Record<string, number>> = {
  [uris.INVALID_ARGUMENT]: 400,
  [uris.INVALID_URI]: 400,
  [uris.OPTION_NOT_ALLOWED]: 400,
  [uris.DISCLOSE_ME_DISALLOWED]: 400,
  [uris.FEATURE_NOT_SUPPORTED]: 400,
  [uris.AUTHENTICATION_FAILED]: 401,
  [uris.AUTHENTICATION_REQUIRED]: 401,
  [uris.NO_MATCHING_AUTH_METHOD]: 401,
  [uris.NO_SUCH_PRINCIPAL]: 401,
  [uris.AUTHENTICATION_DENIED]: 403,
  [uris.AUTHORIZATION_DENIED]: 403,
  [uris.AUTHORIZATION_REQUIRED]: 403,
  [uris.NO_SUCH_ROLE]: 403,
  [uris.NOT_AUTHORIZED]: 403,
  [uris.NO_SUCH_PROCEDURE]: 404,
  [uris.NO_SUCH_REALM]: 404,
  [uris.PAYLOAD_SIZE_EXCEEDED]: 413,
  [uris.LIMIT_EXCEEDED]: 429,
  [uris.TIMEOUT]: 504,
  [uris.DISCONNECTED]: 503,
  [uris.NETWORK_FAILURE]: 503,
  [uris.NO_AVAILABLE_CALLEE]: 503,
  [uris.SYSTEM_SHUTDOWN]: 503,
  [uris.UNAVAILABLE]: 503,
};

const CHALLENGE = { "www-authenticate": "Bearer" };
const LATER = { "retry-after": "1" };

/** What a failure is answered with; `undefined` where it is none of the client's or of the callee's, but a fault of ours. */
export function answerOfFailure(error: unknown): HttpAnswer | undefined {
  if (!isWampError(error)) return undefined;
  const status = error instanceof Refusal ? error.status : statusOf(error.uri);
  return {
    status,
    headers: {
      "content-type": "application/json",
      ...(status === 401 && CHALLENGE),
      ...(status === 503 && LATER),
      ...(error instanceof Refusal && error.headers),
    },
    body: failureText(error),
  };
}

/** An error as JSON. */
export function failureText({ uri, args, kwargs }: WampError): string {
  return payloadText({ args, kwargs }, { error: uri });
}

function statusOf(uri: string): number {
  return (Object.hasOwn(STATUSES, uri) ? STATUSES[uri] : undefined) ?? 500;
}
