import type { Roles } from "../wire/options.js";
import { CALLER_ROLES } from "./features.js";

const { publisher, subscriber, caller } = CALLER_ROLES;

/** The features that our peers with every part announce in HELLO: exactly those they have. */
export const CLIENT_ROLES: Roles = {
  publisher: { features: { ...publisher.features, payload_passthru_mode: true } },
  subscriber: { features: { ...subscriber.features, payload_passthru_mode: true } },
  caller: { features: { ...caller.features, payload_passthru_mode: true } },
  callee: {
    features: {
      call_canceling: true,
      call_reroute: true,
      call_timeout: true,
      call_trustlevels: true,
      caller_identification: true,
      pattern_based_registration: true,
      payload_passthru_mode: true,
      progressive_call_invocations: true,
      progressive_call_results: true,
      registration_revocation: true,
      sharded_registration: true,
      shared_registration: true,
    },
  },
};
