import type { HttpAnswer } from "../transport/http/answer.js";
import { isWampError, type WampError } from "../wire/error.js";
import { payloadText } from "./payload.js";
import { Refusal } from "./refusal.js";
import { statusOf } from "./statuses.js";

const CHALLENGE = { "www-authenticate": "Bearer" };
const LATER = { "retry-after": "1" };

/** Returns the answer to a failed request, or `undefined` for a fault of this process. */
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
    body: `${failureText(error)}\n`,
  };
}

/** Returns an error as JSON. */
export function failureText({ uri, args, kwargs }: WampError): string {
  return payloadText({ args, kwargs }, { error: uri });
}
