import { codec, frequentCodec, type ReadableMessages, table } from "./codec.js";
import { CALLER_CODECS, passthru, revocationDetails } from "./codecs-to-caller.js";
import { boolean, type Field, id, idOrZero, integer, knownDict, natural, oneOf, string } from "./fields.js";
import type { Id } from "./ids.js";
import type * as m from "./messages.js";
import type * as options from "./options.js";

export const cancelMode: Field<options.CancelMode> = oneOf("skip", "kill", "killnowait");
const invocationDetails: Field<options.InvocationDetails> = knownDict<options.InvocationDetails>({
  ...passthru,
  procedure: string,
  caller: id,
  caller_authid: string,
  caller_authrole: string,
  trustlevel: integer,
  timeout: natural,
  receive_progress: boolean,
  progress: boolean,
});
const interruptOptions: Field<options.InterruptOptions> = knownDict<options.InterruptOptions>({
  mode: cancelMode,
  reason: string,
});

/** The messages that a client receives. */
export const TO_CLIENT: ReadableMessages = table(
  ...CALLER_CODECS,
  codec<m.Registered>("REGISTERED", { request: id, registration: id }),
  codec<m.Unregistered>("UNREGISTERED", { request: idOrZero, details: revocationDetails }, 1),
  frequentCodec<m.Invocation>(
    "INVOCATION",
    { request: id, registration: id, details: invocationDetails },
    (payload, request: Id, registration: Id, details: options.InvocationDetails) => ({
      type: "INVOCATION",
      request,
      registration,
      details,
      payload,
    }),
  ),
  codec<m.Interrupt>("INTERRUPT", { request: id, options: interruptOptions }),
);
