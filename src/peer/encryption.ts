import { gcm } from "@noble/ciphers/aes.js";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { randomBytes } from "@noble/ciphers/utils.js";
import { checkSettings } from "../wire/check-settings.js"; // in production bundles, too: a rule with a wrong `match` would encrypt nothing
import { isDict } from "../wire/fields.js";
import type { Passthru } from "../wire/options.js";
import type { Arguments } from "../wire/payload.js";
import type { Serializer } from "../wire/serializer.js";
import { cbor } from "../wire/serializers/cbor.js";
import { object, oneOf, type SettingRule, type SettingRules, text } from "../wire/settings.js";
import { type MatchPolicy, matchesPattern } from "../wire/uris.js";
import type { PayloadScheme } from "./payload-schemes.js";

/** WAMP's ciphers. Both are authenticated: modified data is refused. */
export type Cipher = "xsalsa20poly1305" | "aes256gcm";

/** The encryption key for some URIs. */
export interface EncryptionRule {
  /** A URI or a pattern. */
  readonly uri: string;
  /** How `uri` matches other URIs. Default: `exact`. */
  readonly match?: MatchPolicy;
  /** The name of the key for sent payloads. */
  readonly keyId: string;
  /** Further keys that are accepted for received payloads, such as a key that is being replaced. Default: none. */
  readonly accept?: readonly string[];
}

export interface EndToEndOptions {
  /** Secret keys of 32 bytes. Their names are sent as `ppt_keyid`. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
  /** The first rule that matches a URI applies. Payloads with another key, or without encryption, are refused for such a URI. */
  readonly encrypt: readonly EncryptionRule[];
  /**
   * The cipher for sent payloads. Both ciphers are accepted. With `aes256gcm`, change a key before 2^32 messages. Default:
   * `xsalsa20poly1305`.
   */
  readonly cipher?: Cipher;
}

const OPTIONS: SettingRules<EndToEndOptions> = {
  keys: object,
  encrypt: {
    expected: 'a list of rules such as { uri: "com.app.", match: "prefix", keyId: "2026" }',
    accepts: (value) => Array.isArray(value),
  },
  cipher: oneOf("xsalsa20poly1305", "aes256gcm"),
};
const names: SettingRule = {
  expected: "a list of names of keys",
  accepts: (value) => Array.isArray(value) && value.every(text.accepts),
};
const RULE: SettingRules<EncryptionRule> = {
  uri: { ...text, quotes: true },
  match: oneOf("exact", "prefix", "wildcard"),
  keyId: text,
  accept: names,
};

interface CipherParts {
  readonly nonceBytes: number;
  open(
    key: Uint8Array,
    nonce: Uint8Array,
  ): { encrypt(plain: Uint8Array): Uint8Array; decrypt(sealed: Uint8Array): Uint8Array };
}

const CIPHERS: Readonly<Record<Cipher, CipherParts>> = {
  xsalsa20poly1305: { nonceBytes: 24, open: xsalsa20poly1305 },
  aes256gcm: { nonceBytes: 12, open: gcm },
};
const KEY_BYTES = 32;
const LIST_OF_ONE = 0x81; // CBOR

/**
 * Creates end-to-end encryption for chosen URIs: for calls, their chunks, progress, results and errors, and for events. The router sees URIs
 * and options, but no values. All peers that take part need the keys. Wire: scheme `wamp`, serializer `cbor`; the single binary argument is
 * a random nonce and the encrypted CBOR map `{ args, kwargs }`.
 *
 * A router can still drop and repeat messages, and exchange those with the same key: a ciphertext is not bound to its URI, its call or its sender.
 * Use different keys for URIs whose payloads must not be confused. Throws `TypeError` for an unknown option or an invalid value, a key of the wrong length, and a
 * rule whose key is missing. Spec: Advanced Profile, "Payload Passthru Mode".
 *
 * ```ts
 * const secret = endToEnd({ keys: { "2026": key }, encrypt: [{ uri: "com.app.health.", match: "prefix", keyId: "2026" }] });
 * const peer = await connect({ url, realm, passthru: [secret] });
 * ```
 */
export function endToEnd(options: EndToEndOptions): PayloadScheme {
  checkOptions(options);
  const { keys, encrypt, cipher = "xsalsa20poly1305" } = options;
  const format = cbor();
  const ruleOf = (uri: string) =>
    encrypt.find((rule) => matchesPattern(uri, { uri: rule.uri, match: rule.match ?? "exact" }));
  return {
    scheme: "wamp",
    packing(uri) {
      const rule = ruleOf(uri);
      return rule && { scheme: "wamp", serializer: "cbor", cipher, keyId: rule.keyId };
    },
    pack(values, how) {
      const { nonceBytes, open } = requireCipher(how.cipher);
      const nonce = randomBytes(nonceBytes);
      const sealed = open(requireKey(keys, how.keyId), nonce).encrypt(encode(format, values));
      const bytes = new Uint8Array(nonceBytes + sealed.length);
      bytes.set(nonce);
      bytes.set(sealed, nonceBytes);
      return bytes;
    },
    unpack(bytes, how, uri) {
      checkRule(ruleOf(uri), how);
      if (how.serializer !== "cbor") throw new Error(`expected the serializer "cbor", got "${how.serializer}"`);
      const { nonceBytes, open } = requireCipher(how.cipher);
      if (bytes.length < nonceBytes)
        throw new Error("expected a nonce and a ciphertext, got fewer bytes than a nonce has");
      const unsealed = open(requireKey(keys, how.keyId), bytes.subarray(0, nonceBytes));
      return decode(
        format,
        decrypt(() => unsealed.decrypt(bytes.subarray(nonceBytes))),
      );
    },
  };
}

function checkOptions(options: EndToEndOptions): void {
  checkSettings(options, OPTIONS, "endToEnd");
  const { keys, encrypt: rules } = options;
  if (!keys || !rules) throw new TypeError("endToEnd: expected keys and encrypt");
  for (const [index, rule] of rules.entries()) {
    checkSettings(rule, RULE, `endToEnd.encrypt[${index}]`);
    if (rule.uri === undefined) throw new TypeError(`endToEnd.encrypt[${index}].uri: expected a URI or a pattern`);
  }
  for (const [keyId, key] of Object.entries(keys)) {
    if (!(key instanceof Uint8Array) || key.length !== KEY_BYTES)
      throw new TypeError(`keys["${keyId}"]: expected a Uint8Array of ${KEY_BYTES} bytes`);
  }
  for (const { uri, keyId, accept = [] } of rules) {
    for (const needed of [keyId, ...accept])
      if (!Object.hasOwn(keys, needed)) throw new TypeError(`encrypt "${uri}": there is no key "${needed}"`);
  }
}

/** Throws for a message whose key is not allowed for its URI. */
function checkRule(rule: EncryptionRule | undefined, { keyId }: Passthru): void {
  if (!rule || keyId === rule.keyId || (keyId !== undefined && rule.accept?.includes(keyId))) return;
  throw new Error(`expected the key "${rule.keyId}", got "${keyId}"`);
}

function requireCipher(cipher: string | undefined): CipherParts {
  if (cipher !== undefined && Object.hasOwn(CIPHERS, cipher)) return CIPHERS[cipher as Cipher];
  throw new TypeError(`cipher: expected ${Object.keys(CIPHERS).join(" or ")}, got "${cipher}"`);
}

function requireKey(keys: EndToEndOptions["keys"], keyId: string | undefined): Uint8Array {
  const key = keyId !== undefined && Object.hasOwn(keys, keyId) ? keys[keyId] : undefined;
  if (key) return key;
  throw new TypeError(`there is no key "${keyId}"`);
}

function decrypt(run: () => Uint8Array): Uint8Array {
  try {
    return run();
  } catch (error) {
    throw new Error("decryption failed: the key is wrong or the payload was modified", { cause: error });
  }
}

/** Returns the map only. The serializer encodes it as a list with one argument. */
function encode(format: Serializer, { args, kwargs }: Arguments): Uint8Array {
  return format.encodePayload({ args: [{ args, kwargs }], kwargs: {} }).bytes.subarray(1);
}

function decode(format: Serializer, bytes: Uint8Array): Arguments {
  const list = new Uint8Array(bytes.length + 1);
  list[0] = LIST_OF_ONE;
  list.set(bytes, 1);
  const [packed] = format.decodePayload({ bytes: list, elements: 1 }).args;
  const { args = [], kwargs = {} } = isDict(packed) ? packed : { args: packed };
  if (Array.isArray(args) && isDict(kwargs)) return { args, kwargs };
  throw new Error("expected a map of args and kwargs");
}
