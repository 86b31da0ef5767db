/** Entry point `wampact/auth/cryptosign`: the client's half of the method `cryptosign`. */
import { fromHex, randomBytes, toHex } from "../../auth/bytes.js";
import {
  boundTo,
  cryptosignChannel,
  isSigned,
  KEY_BYTES,
  type Signer,
  signed,
  signerOf,
} from "../../auth/cryptosign.js";
import type { ChannelBinding } from "../../transport/transport.js";
import { type Dict, isDict } from "../../wire/fields.js";
import { LoginMisuse } from "../../wire/login-misuse.js";
import { callback, checkSettings, oneOf, type SettingRule, type SettingRules, text } from "../../wire/settings.js";
import { beginLogin } from "../login.js";
import { requireChannel } from "./channel.js";
import type { ClientAuth } from "./client-auth.js";
import { refused } from "./refusal.js";
import { requireSetting, textOf, textOrFunction, type Value } from "./value.js";

export type { Signer } from "../../auth/cryptosign.js";
export type { ClientAuth, ClientLogin, LoginAnswer } from "./client-auth.js";
export type { Value } from "./value.js";

export interface CryptosignOptions {
  /** The identity of the peer. Default: the one to which the router maps the public key. */
  readonly authid?: Value<string>;
  /** The private key, an Ed25519 seed as 64 hexadecimal digits, or a signer, such as a hardware token. */
  readonly key: Value<string> | Signer;
  /** Binds the login to the TLS connection. Node with `wss:` only, because browsers do not expose it. Default: no binding. */
  readonly channelBinding?: ChannelBinding;
  /**
   * The public key, or several of them, that the router must prove to have, as 64 hexadecimal digits. Default: the router proves
   * nothing.
   */
  readonly routerKey?: string | readonly string[];
}

const keyOrSigner: SettingRule = {
  expected: "64 hexadecimal digits, a function that returns them, or an object with pubkey and sign",
  accepts: (value) => typeof value === "function" || isKey(value) || isSigner(value),
};
const keys: SettingRule = {
  expected: "64 hexadecimal digits, or a list of them",
  accepts: (value) => isKey(value) || (Array.isArray(value) && value.length > 0 && value.every(isKey)),
};
const RULES: SettingRules<CryptosignOptions> = {
  authid: textOrFunction,
  key: keyOrSigner,
  channelBinding: oneOf("tls-exporter", "tls-unique"),
  routerKey: keys,
};
const SIGNER_RULES: SettingRules<Signer> = { pubkey: text, sign: callback };

/**
 * Logs in by signing the router's challenge with a private key, which is not sent. Spec: Advanced Profile, "Cryptosign-based
 * Authentication".
 *
 * ```ts
 * const peer = await connect({ url, realm: "com.app", auth: [cryptosign({ authid: "sensor-7", key: () => readKey() })] });
 * ```
 */
export function cryptosign(options: CryptosignOptions): ClientAuth {
  checkSettings(options, RULES, "cryptosign");
  requireSetting(options.key, "cryptosign.key", keyOrSigner);
  const { key, authid, channelBinding, routerKey } = options;
  if (isDict(key)) checkSettings(key as Signer, SIGNER_RULES, "key");
  const routerKeys = routerKey === undefined ? undefined : [routerKey].flat().map((each) => each.toLowerCase());
  return {
    method: "cryptosign",
    half: "peer",
    login: beginLogin,
    async begin(info) {
      const channelId = channelBinding && (await cryptosignChannel(requireChannel(info, channelBinding)));
      const signer = isSigner(key) ? key : await signerOf(await seedOf(key));
      const ours = routerKeys && randomBytes(KEY_BYTES);
      const name = authid === undefined ? undefined : await textOf(authid, "cryptosign.authid");
      let isProven = ours === undefined; // whether the router has proven its identity
      return {
        ...(name !== undefined && { authid: name }),
        authextra: {
          pubkey: signer.pubkey,
          channel_binding: channelBinding ?? null,
          ...(ours && { challenge: toHex(ours) }),
        },
        async answer(extra) {
          const challenge = fromHex(extra.challenge, KEY_BYTES);
          if (!challenge) throw refused("its challenge is not 64 hexadecimal digits");
          if ((extra.channel_binding ?? undefined) !== channelBinding)
            throw refused(`expected the channel binding ${channelBinding ?? "null"}, got another one`);
          if (ours && routerKeys) await checkRouter(extra, routerKeys, boundTo(channelId, ours));
          isProven = true;
          return { signature: await signed(signer, boundTo(channelId, challenge)) };
        },
        welcome() {
          if (!isProven) throw refused("it did not prove that it has the routerKey");
        },
      };
    },
  };
}

/** Throws unless the router has signed our challenge with a known key. */
async function checkRouter(
  { pubkey, signature }: Dict,
  known: readonly string[],
  message: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const key = fromHex(pubkey, KEY_BYTES);
  if (!key || !known.includes(toHex(key))) throw refused("it did not present a known routerKey");
  if (!(await isSigned(signature, message, key))) throw refused("it did not prove that it has the routerKey");
}

async function seedOf(key: Exclude<CryptosignOptions["key"], Signer>): Promise<Uint8Array> {
  const seed = fromHex(await textOf(key, "cryptosign.key"), KEY_BYTES);
  if (seed) return seed;
  throw new LoginMisuse(`cryptosign.key: expected ${keyOrSigner.expected}`);
}

function isKey(value: unknown): value is string {
  return fromHex(value, KEY_BYTES) !== undefined;
}

function isSigner(value: unknown): value is Signer {
  return isDict(value) && isKey(value.pubkey) && typeof value.sign === "function";
}
