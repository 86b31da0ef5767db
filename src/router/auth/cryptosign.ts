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

/** Who may log in by a private key. */
export interface CryptosignPrincipal extends PrincipalEntry {
  /** The public key, as 64 hexadecimal digits; or several of them. */
  readonly pubkey: string | readonly string[];
}

export interface CryptosignOptions {
  /** A client need not give its `authid`: it is then found by its key, which a function finds in `details.authextra.pubkey`. */
  readonly principals: Principals<CryptosignPrincipal, string | undefined>;
  /**
   * The router's own private key, an Ed25519 seed as 64 hexadecimal digits, by which it proves to clients who it is. Use it for nothing else.
   * Default: none; the router then proves nothing.
   */
  readonly key?: Secret;
  /** Whether logins must be bound to their TLS connection. Default `optional`. */
  readonly channelBinding?: ChannelPolicy;
}

const pubkeys: SettingRule = {
  expected: "64 hexadecimal digits, or a list of such",
  accepts: (value) => isKey(value) || (Array.isArray(value) && value.length > 0 && value.every(isKey)),
};
const OPTIONS: SettingRules<CryptosignOptions> = { principals, key: secretSource, channelBinding: channelPolicy };
const ENTRY: SettingRules<CryptosignPrincipal> = { ...ENTRY_RULES, pubkey: pubkeys };

/**
 * Lets clients log in by signing a challenge with a private key. The signed message must be the one of this very login. An unknown key gets
 * a challenge like any other, costs the same, and is told the same as a wrong signature. Throws `TypeError` for a principal that cannot be.
 * Spec: Advanced Profile, "Cryptosign-based Authentication".
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
        const isOwner = await isSigned(signature, boundTo(channelId, challenge), pubkey); // for unknown keys, too
        const isKnown = entry !== undefined && keysOf(entry).includes(toHex(pubkey));
        return isOwner && isKnown ? accepted(authid ?? toHex(pubkey), entry, source.provider) : REFUSED;
      },
    };
  });
}

/** How the router answers the client's own challenge: by nothing where it was not asked, or has no key. `undefined` for no challenge at all. */
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
