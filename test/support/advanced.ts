import { CLIENT_DETAILS } from "./raw.js";

/** HELLO details that announce everything a router may use. */
export const FULL_DETAILS = {
  roles: {
    publisher: { features: { payload_passthru_mode: true } },
    subscriber: { features: { payload_passthru_mode: true, subscription_revocation: true } },
    caller: {
      features: {
        ...CLIENT_DETAILS.roles.caller.features,
        payload_passthru_mode: true,
        progressive_call_invocations: true,
      },
    },
    callee: {
      features: {
        ...CLIENT_DETAILS.roles.callee.features,
        call_reroute: true,
        payload_passthru_mode: true,
        progressive_call_invocations: true,
        registration_revocation: true,
      },
    },
  },
};
