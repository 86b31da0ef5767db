import type { Authorizer, Party } from "./authorizer.js";
import type { DisclosingAction, Disclosure } from "./disclosure.js";
import { unexpected } from "./given.js";
import { SESSION_LIMITS, type SessionLimits } from "./limits.js";

/** What one session may. Resolved once, when it joins. */
export interface Grants {
  readonly limits: SessionLimits;
  /** Whether what it sends is passed on unverified. */
  readonly trustsPayloads: boolean;
  /** Asked before each request; `undefined` where everything is allowed. */
  readonly authorizer: Authorizer | undefined;
  /** Whether others are told who it is. */
  disclosure(uri: string, action: DisclosingAction): Disclosure;
  /** The trust level that others are told of what it does. */
  trustLevel(uri: string, action: "call" | "publish"): number | undefined;
}

/** The policies of a realm. */
export interface GrantPolicies {
  readonly limits?: { readonly session?: Partial<SessionLimits> } | undefined;
  readonly authorize?: Authorizer | undefined;
  readonly disclosure?: Disclosure | ((who: Party, uri: string, action: DisclosingAction) => Disclosure) | undefined;
  readonly trustPayloads?: boolean | ((who: Party) => boolean) | undefined;
  readonly trustLevel?: ((who: Party, uri: string, action: "call" | "publish") => number | undefined) | undefined;
}

/** Resolves what a session may, by the policies of its realm. */
export type GrantSource = (who: Party) => Grants;

export function grantSource({
  limits,
  authorize,
  disclosure = "requested",
  trustPayloads = false,
  trustLevel,
}: GrantPolicies): GrantSource {
  const allLimits = { ...SESSION_LIMITS, ...limits?.session };
  return (who) => ({
    limits: allLimits,
    trustsPayloads: typeof trustPayloads === "function" ? requireFlag(trustPayloads(who)) : trustPayloads,
    authorizer: authorize,
    disclosure:
      typeof disclosure === "function"
        ? (uri, action) => requireDisclosure(disclosure(who, uri, action))
        : () => disclosure,
    trustLevel: trustLevel ? (uri, action) => requireLevel(trustLevel(who, uri, action)) : NO_LEVEL,
  });
}

function requireFlag(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw unexpected("trustPayloads", "true or false", value);
}

function requireDisclosure(value: unknown): Disclosure {
  if (value === "requested" || value === "never" || value === "always") return value;
  throw unexpected("disclosure", '"requested", "never" or "always"', value);
}

function requireLevel(value: unknown): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0))
    return value as number | undefined;
  throw unexpected("trustLevel", "an integer from 0, or undefined", value);
}

const NO_LEVEL: Grants["trustLevel"] = () => undefined;
