/** Entry point `wampact/auth/wampcra`: the client's half of the method `wampcra`. */
import { CRA_DEFAULTS, type CraSalt, craKey, craSignature } from "../../auth/cra.js";
import type { Dict } from "../../wire/fields.js";
import { natural, type SettingRules } from "../../wire/settings.js";
import type { ClientAuth } from "./client-auth.js";
import { namedLogin } from "./named-login.js";
import { refused } from "./refusal.js";
import { textOf, textOrFunction, type Value } from "./value.js";

export type { ClientAuth, ClientLogin, LoginAnswer } from "./client-auth.js";
export type { Value } from "./value.js";

export interface WampCraOptions {
  /** The identity of the peer. */
  readonly authid: Value<string>;
  /**
   * The shared secret, or the password that it is derived from if the router uses a salt. A function is called when the router
   * has sent its CHALLENGE.
   */
  readonly secret: Value<string>;
  /**
   * Minimum iterations of a salted secret. The peer refuses a router that requests fewer iterations or sends no salt, because a
   * dishonest router could then guess the secret from the signature at little cost. Default: 1,000 for salted secrets; unsalted secrets are accepted.
   */
  readonly minIterations?: number;
}

const RULES: SettingRules<WampCraOptions> = { authid: textOrFunction, secret: textOrFunction, minIterations: natural };

/** The maximum that a client should compute, which takes some seconds. */
const MOST_ITERATIONS = 10_000_000;
const KEY_BYTES = { least: 16, most: 64 };

/**
 * Logs in by signing the router's challenge with a shared secret, which is not sent. Spec: Advanced Profile, "Challenge Response
 * Authentication".
 *
 * ```ts
 * const peer = await connect({ url, realm: "com.app", auth: [wampcra({ authid: "ada", secret: () => askPassword() })] });
 * ```
 */
export function wampcra(options: WampCraOptions): ClientAuth {
  return namedLogin("wampcra", { options, rules: RULES, secret: "secret" }, async (extra) => {
    const { challenge } = extra;
    if (typeof challenge !== "string" || challenge === "") throw refused("there is no challenge");
    const salted = saltOf(extra, options.minIterations);
    const secret = await textOf(options.secret, "wampcra.secret");
    return { signature: await craSignature(salted ? await craKey(secret, salted) : secret, challenge) };
  });
}

/** Returns the router's salt; `undefined` if it uses none. Throws for a cost that is too low or too high. */
function saltOf(extra: Dict, minIterations: number | undefined): CraSalt | undefined {
  const { salt } = extra;
  const least = minIterations ?? CRA_DEFAULTS.iterations;
  if (salt === undefined || salt === null) {
    if (minIterations) throw refused("the secret is not salted");
    return undefined;
  }
  const { iterations = CRA_DEFAULTS.iterations, keylen = CRA_DEFAULTS.keylen } = extra;
  if (typeof salt !== "string" || salt === "") throw refused("the salt is not a string");
  if (!isBetween(iterations, least, MOST_ITERATIONS))
    throw refused(`expected ${least} to ${MOST_ITERATIONS} iterations, got ${shown(iterations)}`);
  if (!isBetween(keylen, KEY_BYTES.least, KEY_BYTES.most))
    throw refused(`expected a keylen of ${KEY_BYTES.least} to ${KEY_BYTES.most}, got ${shown(keylen)}`);
  return { salt, iterations, keylen };
}

function isBetween(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : "no number";
}
