import type { Roles } from "../wire/options.js";

/** A role of a peer. */
export type RoleName = "publisher" | "subscriber" | "caller" | "callee" | "broker" | "dealer";

/** The announcement of one role. */
interface Announced {
  readonly features: Readonly<Record<string, boolean>>;
}

/** The features that our peers without a callee announce in HELLO: exactly those they have. */
export const CALLER_ROLES: Readonly<Record<"publisher" | "subscriber" | "caller", Announced>> = {
  publisher: {
    features: {
      publisher_exclusion: true,
      publisher_identification: true,
      sharded_subscription: true,
      subscriber_blackwhite_listing: true,
    },
  },
  subscriber: {
    features: {
      pattern_based_subscription: true,
      publication_trustlevels: true,
      publisher_identification: true,
      sharded_subscription: true,
      subscription_revocation: true,
    },
  },
  caller: {
    features: {
      call_canceling: true,
      call_timeout: true,
      caller_identification: true,
      progressive_call_invocations: true,
      progressive_call_results: true,
      sharded_registration: true,
    },
  },
};

/** Alternative names that other implementations announce for the same feature. */
const ALIASES: Readonly<Record<string, string>> = {
  call_canceling: "call_cancelling",
  progressive_call_invocations: "progressive_calls",
  sharded_subscription: "shareded_subscriptions",
};

/** Returns whether the other side has announced a feature for a role. */
export function announces(roles: Roles | undefined, role: RoleName, feature: string): boolean {
  const features = roles?.[role]?.features;
  return features?.[feature] === true || features?.[ALIASES[feature] ?? feature] === true;
}
