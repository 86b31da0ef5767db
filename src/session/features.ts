import type { Roles } from "../wire/options.js";

/** A role of a peer. */
export type RoleName = "publisher" | "subscriber" | "caller" | "callee" | "broker" | "dealer";

/** What our peer announces in HELLO: what it can do, and nothing else. */
export const CLIENT_ROLES: Roles = {
  publisher: {
    features: { publisher_identification: true, publisher_exclusion: true, subscriber_blackwhite_listing: true },
  },
  subscriber: { features: { publisher_identification: true, pattern_based_subscription: true } },
  caller: {
    features: { caller_identification: true, call_canceling: true, call_timeout: true, progressive_call_results: true },
  },
  callee: {
    features: {
      caller_identification: true,
      call_canceling: true,
      pattern_based_registration: true,
      progressive_call_results: true,
      shared_registration: true,
    },
  },
};

/** What our router announces in WELCOME: what it can do, and nothing else. */
export const ROUTER_ROLES: Roles = {
  broker: {
    features: {
      pattern_based_subscription: true,
      publisher_exclusion: true,
      publisher_identification: true,
      subscriber_blackwhite_listing: true,
    },
  },
  dealer: {
    features: {
      call_canceling: true,
      call_timeout: true,
      caller_identification: true,
      pattern_based_registration: true,
      progressive_call_results: true,
      shared_registration: true,
    },
  },
};

/** Names that other implementations announce for the same feature. */
const ALIASES: Readonly<Record<string, string>> = { call_canceling: "call_cancelling" };

/** Whether the other side has announced a feature for a role. */
export function announces(roles: Roles | undefined, role: RoleName, feature: string): boolean {
  const features = roles?.[role]?.features;
  return features?.[feature] === true || features?.[ALIASES[feature] ?? feature] === true;
}
