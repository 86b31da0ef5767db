import * as uris from "../wire/uris.js";

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
  [uris.NO_SUCH_REGISTRATION]: 404,
  [uris.NO_SUCH_SESSION]: 404,
  [uris.NO_SUCH_SUBSCRIPTION]: 404,
  [uris.PAYLOAD_SIZE_EXCEEDED]: 413,
  [uris.LIMIT_EXCEEDED]: 429,
  [uris.TIMEOUT]: 504,
  [uris.DISCONNECTED]: 503,
  [uris.NETWORK_FAILURE]: 503,
  [uris.NO_AVAILABLE_CALLEE]: 503,
  [uris.SYSTEM_SHUTDOWN]: 503,
  [uris.UNAVAILABLE]: 503,
};

/** Returns the HTTP status of an error URI. URIs that WAMP does not define have 500. */
export function statusOf(uri: string): number {
  return (Object.hasOwn(STATUSES, uri) ? STATUSES[uri] : undefined) ?? 500;
}
