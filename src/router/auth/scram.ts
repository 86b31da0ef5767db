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
import { type Decoy, Decoys } from "./decoys.js";
import { instead } from "./halves.js";
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
import { DEFAULT_COST, readScramHash, type ScramHash, scramHash } from "./scram-hash.js";
import { type Secret, secretSource } from "./secret.js";

/** Who may log in with a password that the router does not have. */
export interface ScramPrincipal extends PrincipalEntry {
  /** What `hashScramPassword()` or `wampact secret scram` gives. */
  readonly scram: string;
}

export interface ScramOptions {
  readonly principals: Principals<ScramPrincipal>;
  /** Default `optional`. */
  readonly channelBinding?: ChannelPolicy;
  /**
   * Makes the salts that unknown principals get, so that they stay the same, as real ones do, when the router starts again, and on all
   * routers. Default: random, for each process.
   */
  readonly decoySeed?: Secret;
}

const OPTIONS: SettingRules<ScramOptions> = { principals, channelBinding: channelPolicy, decoySeed: secretSource };
const ENTRY: SettingRules<ScramPrincipal> = { ...ENTRY_RULES, scram: scramHash };

/** Characters of a client's nonce. */
const NONCE = { least: 8, most: 1_024 };
const NONCE_BYTES = 16;

/**
 * Lets clients log in with passwords that the router does not have, and proves to them that it knows of theirs (WAMP-SCRAM). An unknown
 * `authid` gets a challenge like any other, the same salt each time, and is told the same as a wrong password. Throws `TypeError` for a principal
 * that cannot be. Spec: Advanced Profile, "Salted Challenge Response Authentication".
 *
 * ```ts
 * const auth = [scram({ principals: { ada: { role: "admin", scram: "$scram-argon2id13$i=3,m=65536$…" } } })];
 * ```
 */
export function scram(options: ScramOptions): Authenticator {
  checkSettings(options, OPTIONS);
  const source = new PrincipalSource(options.principals, checkPrincipal);
  const decoys = new Decoys(source.entries, options.decoySeed);
  return {
    method: "wamp-scram",
    instead: instead("scram"),
    namedRoles: source.namedRoles,
    async begin(hello, info, context) {
      const { authid, authextra } = hello;
      if (authid === undefined) return incomplete("HELLO.details.authid: the method wamp-scram needs it");
      const clientNonce = authextra?.nonce;
      if (!isNonce(clientNonce))
        return incomplete(
          `HELLO.details.authextra.nonce: expected Base64 of ${NONCE.least} to ${NONCE.most} characters`,
        );
      const asked = requestedBinding(authextra, info, options.channelBinding);
      if ("why" in asked) return incomplete(asked.why);
      const { binding } = asked;
      const entry = await source.find(authid, { method: "wamp-scram", hello, info, context });
      if (entry) decoys.found(entry);
      const decoy = decoyHash(await decoys.draw(authid)); // for known principals, too: it takes time
      const hash = (entry && readScramHash(entry.scram)) ?? decoy;
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
    },
  };
}

/** Whether AUTHENTICATE has the proof that only the password's owner can make. */
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

/** Whether AUTHENTICATE says the same as HELLO and CHALLENGE did, and as this end of the TLS connection has it. */
function repeats(extra: Dict, nonce: string, binding: ScramBinding | undefined): boolean {
  const data = binding ? toBase64(binding.data) : undefined;
  const { channel_binding, cbind_data } = extra;
  return (
    extra.nonce === nonce && (channel_binding ?? undefined) === binding?.kind && (cbind_data ?? undefined) === data
  );
}

function decoyHash(decoy: Decoy<ScramPrincipal>): ScramHash {
  const model = readScramHash(decoy.model?.scram ?? "");
  const bytes = (purpose: string) => Uint8Array.from(decoy.bytes(purpose));
  const saltBytes = model ? Buffer.from(model.salt, "base64").length : 16;
  const salt = toBase64(bytes("salt").subarray(0, saltBytes));
  return { ...(model ?? DEFAULT_COST), salt, storedKey: bytes("stored key"), serverKey: bytes("server key") };
}

function isNonce(value: unknown): value is string {
  return typeof value === "string" && value.length >= NONCE.least && value.length <= NONCE.most && isBase64(value);
}

function checkPrincipal(entry: ScramPrincipal, path: string): void {
  checkSettings(entry, ENTRY, path);
  if (entry.scram === undefined) throw new TypeError(`${path}.scram: expected ${scramHash.expected}, got nothing`);
}
