import { randomBytes, timingSafeEqual } from "node:crypto";
import { xor } from "../../auth/bytes.js";
import { hmac, sha256 } from "../../auth/crypto.js";
import { authMessage, KEY_BYTES, type ScramBinding } from "../../auth/scram.js";
import { fromBase64, isBase64, toBase64 } from "../../wire/bytes.js";
import type { Dict } from "../../wire/fields.js";
import type { Authenticate } from "../../wire/messages.js";
import { checkSettings, type SettingRules } from "../../wire/settings.js";
import type { Authenticator } from "./authenticator.js";
import { type ChannelPolicy, channelPolicy, requestedBinding } from "./channel.js";
import { type Decoy, Decoys, decoyCosts, NOBODYS } from "./decoys.js";
import { namedMethodOf } from "./method.js";
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
import { readScramHash, type ScramHash, type ScramHashOptions, scramForm, scramHash } from "./scram-hash.js";
import { type Secret, secretSource } from "./secret.js";

/** A principal with a password that the router does not store. */
export interface ScramPrincipal extends PrincipalEntry {
  /** The result of `hashScramPassword()` or `wampact secret scram`. */
  readonly scram: string;
}

export interface ScramOptions {
  /** Who may log in, by `authid`: an object, or a function that finds an entry. */
  readonly principals: Principals<ScramPrincipal>;
  /** Whether clients may or must bind their login to the TLS connection. Default: `optional`. */
  readonly channelBinding?: ChannelPolicy;
  /**
   * The seed for the salts of unknown principals. With the same seed they stay the same, like real ones, after a restart and on all
   * routers. Default: random per process.
   */
  readonly decoySeed?: Secret;
  /**
   * The cost of passwords of unknown principals, in the form of `hashScramPassword()`: that of the principals that `principals`
   * finds, or a list of different ones. Default: the cost of the configured principals; for a function, that of
   * `hashScramPassword()`.
   */
  readonly decoyCost?: ScramHashOptions | readonly ScramHashOptions[];
}

const COSTS = decoyCosts(
  'the cost of a password, such as { kdf: "pbkdf2", iterations: 600_000 }',
  ["kdf", "iterations", "memory"],
  (cost) => readScramHash(nobodys(cost).scram) !== undefined,
);
const OPTIONS: SettingRules<ScramOptions> = {
  principals,
  channelBinding: channelPolicy,
  decoySeed: secretSource,
  decoyCost: COSTS,
};
const ENTRY: SettingRules<ScramPrincipal> = { ...ENTRY_RULES, scram: scramHash };

/** The minimum and maximum length of a client's nonce, in characters. */
const NONCE = { least: 8, most: 1_024 };
const NONCE_BYTES = 16;

/**
 * Creates an authenticator for passwords that the router does not store (WAMP-SCRAM). The router also proves to clients that it
 * knows their stored password. An unknown `authid` gets a challenge with a constant salt, and the same answer as a wrong password.
 * Throws `TypeError` for an invalid principal. Spec: Advanced Profile, "Salted Challenge Response Authentication".
 *
 * ```ts
 * const auth = [scram({ principals: { ada: { role: "admin", scram: "$scram-argon2id13$i=3,m=65536$…" } } })];
 * ```
 */
export function scram(options: ScramOptions): Authenticator {
  checkSettings(options, OPTIONS, "scram");
  const source = new PrincipalSource(options.principals, checkPrincipal);
  const { entries, namedRoles } = source;
  const decoys = new Decoys({ ...options, entries, model: nobodys, stored: (entry) => entry.scram });
  return namedMethodOf({ name: "scram", method: "wamp-scram", namedRoles }, async (authid, attempt) => {
    const { hello, info, context } = attempt;
    const clientNonce = hello.authextra?.nonce;
    if (!isNonce(clientNonce))
      return incomplete(`HELLO.details.authextra.nonce: expected Base64 of ${NONCE.least} to ${NONCE.most} characters`);
    const asked = requestedBinding(hello.authextra, info, options.channelBinding);
    if ("why" in asked) return incomplete(asked.why);
    const { binding } = asked;
    const entry = await source.find(authid, attempt);
    const decoy = await decoys.draw(authid); // also for known principals, since it takes time
    const shown = entry ?? decoy.model;
    decoys.check(shown, context.report);
    const form = readScramHash(shown.scram) as ScramHash; // already checked
    const unknown = decoyHash(decoy, form);
    const hash = entry ? form : unknown;
    const { salt, kdf, iterations, memory = null } = hash;
    const nonce = clientNonce + randomBytes(NONCE_BYTES).toString("base64");
    const message = authMessage({ authid, clientNonce, nonce, salt, iterations, binding });
    return {
      type: "challenge",
      extra: { nonce, salt, kdf, iterations, memory },
      async answer(answer) {
        const isProven = await proves(answer, message, hash);
        const verifier = toBase64(await hmac(hash.serverKey, message));
        if (!entry || !isProven || !repeats(answer.extra, nonce, binding)) return REFUSED;
        return accepted(authid, { ...entry, authextra: { ...entry.authextra, verifier } }, source.provider);
      },
    };
  });
}

/** Returns whether AUTHENTICATE contains the proof of the password. */
async function proves(
  { signature }: Authenticate,
  message: Uint8Array<ArrayBuffer>,
  hash: ScramHash,
): Promise<boolean> {
  const given = fromBase64(signature);
  const proof = given?.length === KEY_BYTES ? given : new Uint8Array(KEY_BYTES);
  const clientKey = xor(proof, await hmac(hash.storedKey, message));
  return timingSafeEqual(await sha256(clientKey), hash.storedKey);
}

/** Returns whether AUTHENTICATE repeats the data of HELLO and CHALLENGE and this end's channel binding. */
function repeats(extra: Dict, nonce: string, binding: ScramBinding | undefined): boolean {
  const data = binding ? toBase64(binding.data) : undefined;
  const { channel_binding, cbind_data } = extra;
  return (
    extra.nonce === nonce && (channel_binding ?? undefined) === binding?.kind && (cbind_data ?? undefined) === data
  );
}

function decoyHash(decoy: Decoy<ScramPrincipal>, like: ScramHash): ScramHash {
  const bytes = (purpose: string) => Uint8Array.from(decoy.bytes(purpose));
  const salt = toBase64(bytes("salt").subarray(0, Buffer.from(like.salt, "base64").length));
  return { ...like, salt, storedKey: bytes("stored key"), serverKey: bytes("server key") };
}

/** Creates a principal whose password nobody has. */
function nobodys(cost: ScramHashOptions = {}): ScramPrincipal {
  const { salt, key } = NOBODYS;
  return { role: "nobody", scram: scramForm(cost, { salt, storedKey: key, serverKey: key }) };
}

function isNonce(value: unknown): value is string {
  return typeof value === "string" && value.length >= NONCE.least && value.length <= NONCE.most && isBase64(value);
}

function checkPrincipal(entry: ScramPrincipal, path: string): void {
  checkSettings(entry, ENTRY, path);
  if (entry.scram === undefined) throw new TypeError(`${path}.scram: expected ${scramHash.expected}, got nothing`);
}
