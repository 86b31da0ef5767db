import { gcm } from "@noble/ciphers/aes.js";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { randomBytes } from "@noble/ciphers/utils.js";
import { isDict } from "../wire/fields.js";
import type { Passthru } from "../wire/options.js";
import type { Arguments } from "../wire/payload.js";
import type { Serializer } from "../wire/serializer.js";
import { cbor } from "../wire/serializers/cbor.js";
import { type MatchPolicy, matchesPattern } from "../wire/uris.js";
import type { PayloadScheme } from "./payload-schemes.js";

/** The ciphers WAMP names. Both authenticate what they encrypt: what was changed on the way is refused. */
export type Cipher = "xsalsa20poly1305" | "aes256gcm";

/** Which key what travels under some URIs is encrypted with. */
export interface EncryptionRule {
  readonly uri: string;
  /** Default `exact`. */
  readonly match?: MatchPolicy;
  readonly keyId: string;
  /** Further keys, such as one that is being replaced, under which what comes is still read. */
  readonly accept?: readonly string[];
}

export interface EndToEndOptions {
  /** Secret keys of 32 bytes, each under the name that travels as `ppt_keyid`. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
  /** The first rule that matches a URI holds. What comes under such a URI with another key, or in the open, is refused. */
  readonly encrypt: readonly EncryptionRule[];
  /** What is sent is encrypted with. Default `xsalsa20poly1305`; both are read. With `aes256gcm` change a key before 2^32 messages. */
  readonly cipher?: Cipher;
}

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
 * End-to-end encryption of what is sent to chosen URIs: calls, their chunks, progress, results and errors, and events. The
 * router sees URIs and options, never a value. Wire: scheme `wamp`, serializer `cbor`; the one binary argument is a random
 * nonce and what the cipher makes of the CBOR map `{ args, kwargs }`. Every peer that takes part needs the keys.
 *
 * A router can still drop what it carries, or send it again. Throws `TypeError` for a key of another length, a rule whose
 * key is missing, and an unknown cipher. Spec: Advanced Profile, "Payload Passthru Mode".
 *
 * ```ts
 * const secret = endToEnd({ keys: { "2026": key }, encrypt: [{ uri: "com.app.health.", match: "prefix", keyId: "2026" }] });
 * const peer = await connect({ url, realm, passthru: [secret] });
 * ```
 */
export function endToEnd({ keys, encrypt, cipher = "xsalsa20poly1305" }: EndToEndOptions): PayloadScheme {
  checkKeys(keys, encrypt);
  requireCipher(cipher);
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
        throw new Error("expected a nonce and a sealed payload, got fewer bytes than a nonce has");
      const unsealed = open(requireKey(keys, how.keyId), bytes.subarray(0, nonceBytes));
      return decode(
        format,
        decrypt(() => unsealed.decrypt(bytes.subarray(nonceBytes))),
      );
    },
  };
}

function checkKeys(keys: EndToEndOptions["keys"], rules: readonly EncryptionRule[]): void {
  for (const [keyId, key] of Object.entries(keys)) {
    if (!(key instanceof Uint8Array) || key.length !== KEY_BYTES)
      throw new TypeError(`keys["${keyId}"]: expected a Uint8Array of ${KEY_BYTES} bytes`);
  }
  for (const { uri, keyId, accept = [] } of rules) {
    for (const needed of [keyId, ...accept])
      if (!Object.hasOwn(keys, needed)) throw new TypeError(`encrypt "${uri}": there is no key "${needed}"`);
  }
}

/** Throws for a message under another key than its URI is to have. */
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
    throw new Error("the payload does not decrypt: another key, or changed on the way", { cause: error });
  }
}

/** The map alone: the serializer writes lists of arguments, here of one. */
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
