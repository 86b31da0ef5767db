import { DEVELOPMENT } from "#development";
import { type Codec, codec, frequentCodec, payloadCodec, type ReadableMessages, table } from "./codec.js";
import { violation } from "./error.js";
import { boolean, dict, type Field, id, idOrZero, integer, type KnownKeys, knownDict, string } from "./fields.js";
import type { Id } from "./ids.js";
import { LAYOUT } from "./layout.js";
import type * as m from "./messages.js";
import type * as options from "./options.js";

const role: Field<options.Role> = knownDict<options.Role>({ features: dict, reflection: boolean });

/** The features of each role of a peer. */
export const roles: Field<options.Roles> = (value, path) => {
  const given = dict(value, path);
  for (const name in given) role(given[name], `${path}.${name}`);
  return given as options.Roles; // each role has passed its reader
};

export const passthru: KnownKeys<options.PassthruKeys> = {
  ppt_scheme: string,
  ppt_serializer: string,
  ppt_cipher: string,
  ppt_keyid: string,
};
/** A Wampact extension. Other implementations may use the same key for something else, so any other value counts as false. */
export const ours: Field<boolean> = (value) => value === true;
/** A URI. Its form is checked where it is used, because it depends on the match policy and the realm. */
export const uri: Field<string> = string;
/** Options of YIELD and details of RESULT. */
export const resultDetails: Field<options.ResultDetails> = knownDict<options.ResultDetails>({
  ...passthru,
  progress: boolean,
});
const welcomeDetails: Field<options.WelcomeDetails> = knownDict<options.WelcomeDetails>({
  roles,
  agent: string,
  realm: string,
  authid: string,
  authrole: string,
  authmethod: string,
  authprovider: string,
  authextra: dict,
});
const closeDetails: Field<options.CloseDetails> = knownDict<options.CloseDetails>({ message: string });
const errorDetails: Field<options.ErrorDetails> = knownDict<options.ErrorDetails>({ ...passthru, _going_down: ours });
const eventDetails: Field<options.EventDetails> = knownDict<options.EventDetails>({
  ...passthru,
  topic: string,
  publisher: id,
  publisher_authid: string,
  publisher_authrole: string,
  trustlevel: integer,
  retained: boolean,
  x_acknowledged_delivery: boolean,
});
export const revocationDetails: Field<options.RevocationDetails> = knownDict<options.RevocationDetails>({
  subscription: id,
  registration: id,
  reason: string,
});
const REQUEST_TYPES = new Map(
  (["PUBLISH", "SUBSCRIBE", "UNSUBSCRIBE", "CALL", "REGISTER", "UNREGISTER", "INVOCATION"] as const).map((type) => [
    LAYOUT[type][0],
    type,
  ]),
);
const requestType: Field<m.RequestType> = (value, path) => {
  const type = REQUEST_TYPES.get(value as number);
  if (type !== undefined) return type;
  throw violation(
    path,
    DEVELOPMENT && `expected the code of a request, one of ${[...REQUEST_TYPES.keys()].join(", ")}`,
  );
};

export const CALLER_CODECS: readonly Codec[] = [
  codec<m.Welcome>("WELCOME", { session: id, details: welcomeDetails }),
  payloadCodec<m.Abort>("ABORT", { details: closeDetails, reason: uri }),
  codec<m.Challenge>("CHALLENGE", { authmethod: string, extra: dict }),
  codec<m.Goodbye>("GOODBYE", { details: closeDetails, reason: uri }),
  payloadCodec<m.ErrorMessage>("ERROR", { requestType, request: id, details: errorDetails, error: uri }),
  codec<m.Published>("PUBLISHED", { request: id, publication: id }),
  codec<m.Subscribed>("SUBSCRIBED", { request: id, subscription: id }),
  codec<m.Unsubscribed>("UNSUBSCRIBED", { request: idOrZero, details: revocationDetails }, 1),
  frequentCodec<m.Event>(
    "EVENT",
    { subscription: id, publication: id, details: eventDetails },
    (payload, subscription: Id, publication: Id, details: options.EventDetails) => ({
      type: "EVENT",
      subscription,
      publication,
      details,
      payload,
    }),
  ),
  frequentCodec<m.Result>(
    "RESULT",
    { request: id, details: resultDetails },
    (payload, request: Id, details: options.ResultDetails) => ({ type: "RESULT", request, details, payload }),
  ),
];

/** The messages that a client without a callee receives. */
export const TO_CALLER: ReadableMessages = table(...CALLER_CODECS);
