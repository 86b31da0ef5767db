import { codec, frequentCodec, type ReadableMessages, table } from "./codec.js";
import { ours, resultDetails, roles, uri } from "./codecs-to-caller.js";
import { cancelMode, TO_CLIENT } from "./codecs-to-client.js";
import { ProtocolViolation } from "./error.js";
import { boolean, dict, type Field, id, type KnownKeys, knownDict, list, natural, string } from "./fields.js";
import type { Id } from "./ids.js";
import type * as m from "./messages.js";
import type * as options from "./options.js";
import type { Uri } from "./uris.js";

/** The maximum length of a name, such as that of a cipher, in characters. */
const NAME_LENGTH = 1_024;

/** A name. Its length is limited because a router stores it with a call or a retained event. */
const name: Field<string> = (value, path) => {
  const text = string(value, path);
  if (text.length <= NAME_LENGTH) return text;
  throw new ProtocolViolation(`${path}: expected at most ${NAME_LENGTH} characters, got ${text.length}`);
};
const keptPassthru: KnownKeys<options.PassthruKeys> = {
  ppt_scheme: name,
  ppt_serializer: name,
  ppt_cipher: name,
  ppt_keyid: name,
};
/** A value that is checked where it is used. A wrong value does not end the session. */
const unchecked: Field<unknown> = (value) => value;
const trace: KnownKeys<options.TraceKeys> = { _traceparent: unchecked, _tracestate: unchecked };
const helloDetails: Field<options.HelloDetails> = knownDict<options.HelloDetails>({
  roles,
  agent: string,
  authmethods: list(string),
  authid: string,
  authrole: string,
  authextra: dict,
});
export const publishOptions: Field<options.PublishOptions> = knownDict<options.PublishOptions>({
  ...keptPassthru,
  ...trace,
  acknowledge: boolean,
  exclude_me: boolean,
  disclose_me: boolean,
  retain: boolean,
  exclude: list(id),
  exclude_authid: list(string),
  exclude_authrole: list(string),
  eligible: list(id),
  eligible_authid: list(string),
  eligible_authrole: list(string),
  rkey: string,
});
export const subscribeOptions: Field<options.SubscribeOptions> = knownDict<options.SubscribeOptions>({
  match: string,
  get_retained: boolean,
  nkey: string,
});
export const callOptions: Field<options.CallOptions> = knownDict<options.CallOptions>({
  ...keptPassthru,
  ...trace,
  timeout: natural,
  receive_progress: boolean,
  progress: boolean,
  disclose_me: boolean,
  runmode: string,
  rkey: string,
  _idempotent: ours,
});
const cancelOptions: Field<options.CancelOptions> = knownDict<options.CancelOptions>({ mode: cancelMode });
export const registerOptions: Field<options.RegisterOptions> = knownDict<options.RegisterOptions>({
  match: string,
  invoke: string,
  disclose_caller: boolean,
  forward_timeout: boolean,
});

/** All messages, in both directions. */
export const ALL_MESSAGES: ReadableMessages = table(
  ...TO_CLIENT.values(),
  codec<m.Hello>("HELLO", { realm: uri, details: helloDetails }),
  codec<m.Authenticate>("AUTHENTICATE", { signature: string, extra: dict }),
  frequentCodec<m.Publish>(
    "PUBLISH",
    { request: id, options: publishOptions, topic: uri },
    (payload, request: Id, options: options.PublishOptions, topic: Uri) => ({
      type: "PUBLISH",
      request,
      options,
      topic,
      payload,
    }),
  ),
  codec<m.Subscribe>("SUBSCRIBE", { request: id, options: subscribeOptions, topic: uri }),
  codec<m.Unsubscribe>("UNSUBSCRIBE", { request: id, subscription: id }),
  codec<m.EventReceived>("EVENT_RECEIVED", { publication: id }),
  frequentCodec<m.Call>(
    "CALL",
    { request: id, options: callOptions, procedure: uri },
    (payload, request: Id, options: options.CallOptions, procedure: Uri) => ({
      type: "CALL",
      request,
      options,
      procedure,
      payload,
    }),
  ),
  codec<m.Cancel>("CANCEL", { request: id, options: cancelOptions }),
  codec<m.Register>("REGISTER", { request: id, options: registerOptions, procedure: uri }),
  codec<m.Unregister>("UNREGISTER", { request: id, registration: id }),
  frequentCodec<m.Yield>(
    "YIELD",
    { request: id, options: resultDetails },
    (payload, request: Id, options: m.Yield["options"]) => ({ type: "YIELD", request, options, payload }),
  ),
);
