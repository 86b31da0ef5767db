import { fromHex, randomBytes, toHex } from "../../auth/bytes.js";
import { boundTo, cryptosignChannel, isSigned, KEY_BYTES, signed, signerOf } from "../../auth/cryptosign.js";
import { checkSettings, type SettingRule, type SettingRules } from "../../wire/settings.js";
import type { Authenticator } from "./authenticator.js";
import { type ChannelPolicy, channelPolicy, requestedBinding } from "./channel.js";
import { methodOf } from "./method.js";
import {
  accepted,
  ENTRY_RULES,
  incomplete,
  type PrincipalEntry,
  PrincipalSource,
  type Principals,
  principals,
  REFUSED,
} from "./principals.js";
import { checkSecret, readSecret, type Secret, secretSource } from "./secret.js";

/** A principal that logs in with a private key. */
export interface CryptosignPrincipal extends PrincipalEntry {
  /** The public key as 64 hexadecimal digits, or a list of them. */
  readonly pubkey: string | readonly string[];
}

export interface CryptosignOptions {
  /**
   * The principals. A client may omit its `authid`; it is then found by its key, which is in `details.authextra.pubkey` for
   * a function.
   */
  readonly principals: Principals<CryptosignPrincipal, string | undefined>;
  /**
   * The router's private key, an Ed25519 seed as 64 hexadecimal digits, to prove its identity to clients. Use it for nothing
   * else. Default: none.
   */
  readonly key?: Secret;
  /** Whether clients may or must bind their login to the TLS connection. Default: `optional`. */
  readonly channelBinding?: ChannelPolicy;
}

const pubkeys: SettingRule = {
  expected: "64 hexadecimal digits, or a list of them",
  accepts: (value) => isKey(value) || (Array.isArray(value) && value.length > 0 && value.every(isKey)),
};
const OPTIONS: SettingRules<CryptosignOptions> = { principals, key: secretSource, channelBinding: channelPolicy };
const ENTRY: SettingRules<CryptosignPrincipal> = { ...ENTRY_RULES, pubkey: pubkeys };

/**
 * Creates an authenticator for clients that sign a challenge with a private key. The signed message must be that of the current
 * login. An unknown key gets a challenge, takes the same time, and gets the same answer as a wrong signature. Throws `TypeError`
 * for an invalid principal. Spec: Advanced Profile, "Cryptosign-based Authentication".
 *
 * ```ts
 * const auth = [cryptosign({ principals: { "sensor-7": { role: "sensor", pubkey: "545efb0a…" } } })];
 * ```
 */
export function cryptosign(options: CryptosignOptions): Authenticator {
  checkSettings(options, OPTIONS, "cryptosign");
  const source = new PrincipalSource(options.principals, checkPrincipal);
  if (options.key) checkSecret(options.key, "key");
  const owners = new Map(source.entries.flatMap(([authid, entry]) => keysOf(entry).map((key) => [key, authid])));
  return methodOf({ name: "cryptosign", namedRoles: source.namedRoles }, async (attempt) => {
    const { hello, info } = attempt;
    const { authextra } = hello;
    const pubkey = fromHex(authextra?.pubkey, KEY_BYTES);
    if (!pubkey) return incomplete("HELLO.details.authextra.pubkey: expected 64 hexadecimal digits");
    const asked = requestedBinding(authextra, info, options.channelBinding);
    if ("why" in asked) return incomplete(asked.why);
    const { binding } = asked;
    const channelId = binding && (await cryptosignChannel(binding.data));
    const proof = await routerProof(options.key, authextra?.challenge, channelId);
    if (!proof) return incomplete("HELLO.details.authextra.challenge: expected 64 hexadecimal digits");
    const authid = hello.authid || owners.get(toHex(pubkey));
    const entry = await source.find(authid, attempt);
    const challenge = randomBytes(KEY_BYTES);
    return {
      type: "challenge",
      extra: { challenge: toHex(challenge), channel_binding: binding?.kind ?? null, ...proof },
      async answer({ signature }) {
        const isOwner = await isSigned(signature, boundTo(channelId, challenge), pubkey); // also for unknown keys
        const isKnown = entry !== undefined && keysOf(entry).includes(toHex(pubkey));
        return isOwner && isKnown ? accepted(authid ?? toHex(pubkey), entry, source.provider) : REFUSED;
      },
    };
  });
}

/**
 * Returns the router's answer to the client's challenge; empty if the client sent none or the router has no key. `undefined`
 * for an invalid challenge.
 */
async function routerProof(
  key: Secret | undefined,
  asked: unknown,
  channelId: Uint8Array | undefined,
): Promise<{ readonly pubkey?: string; readonly signature?: string } | undefined> {
  if (asked === undefined || asked === null) return {};
  const challenge = fromHex(asked, KEY_BYTES);
  if (!challenge) return undefined;
  if (!key) return {};
  const seed = fromHex(await readSecret(key, "key"), KEY_BYTES);
  if (!seed) throw new TypeError("key: expected 64 hexadecimal digits");
  const signer = await signerOf(seed);
  return { pubkey: signer.pubkey, signature: await signed(signer, boundTo(channelId, challenge)) };
}

function checkPrincipal(entry: CryptosignPrincipal, path: string): void {
  checkSettings(entry, ENTRY, path);
  if (entry.pubkey === undefined) throw new TypeError(`${path}.pubkey: expected ${pubkeys.expected}, got nothing`);
}

function keysOf({ pubkey }: CryptosignPrincipal): readonly string[] {
  return [pubkey].flat().map((key) => key.toLowerCase());
}

function isKey(value: unknown): boolean {
  return fromHex(value, KEY_BYTES) !== undefined;
}
