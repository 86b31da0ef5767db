import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { CRA_DEFAULTS, type CraSalt, craKey } from "../../auth/cra.js";
import { isBase64 } from "../../wire/bytes.js";
import { checkSettings, type SettingRule, type SettingRules } from "../../wire/settings.js";
import type { Authenticator } from "./authenticator.js";
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
import { checkSecret, readSecret, type Secret, secretSource } from "./secret.js";

/** Who may log in by signing a challenge: with a key derived from the secret, or with the secret itself. */
export interface WampCraPrincipal extends PrincipalEntry {
  /** The salted key: what `hashCraSecret()` or `wampact secret wampcra` gives. Whoever has it can log in with it: it is worth a password. */
  readonly key?: string;
  /** Where the plain secret is. */
  readonly secret?: Secret;
}

export interface WampCraOptions {
  readonly principals: Principals<WampCraPrincipal>;
  /**
   * Makes the salts that unknown principals get, so that they stay the same, as real ones do, when the router starts again, and on all
   * routers. Default: random, for each process.
   */
  readonly decoySeed?: Secret;
}

/** The `authrole` of every challenge, whatever the role: nobody has proven anything yet. */
const ROLE = "user";

/** The salted key, as it is kept. */
interface CraHash extends CraSalt {
  readonly key: string;
}

const FORM = /^\$pbkdf2-sha256\$i=(\d{1,9}),l=(\d{1,3})\$([^$]{1,1024})\$([A-Za-z0-9+/]+={0,2})$/;

const craHash: SettingRule = {
  expected: 'what "wampact secret wampcra" prints, such as "$pbkdf2-sha256$i=100000,l=32$…"',
  accepts: (value) => typeof value === "string" && readCraHash(value) !== undefined,
};

const OPTIONS: SettingRules<WampCraOptions> = { principals, decoySeed: secretSource };
const ENTRY: SettingRules<WampCraPrincipal> = { ...ENTRY_RULES, key: craHash, secret: secretSource };

/** Salts a secret for a configuration or a database: `$pbkdf2-sha256$i=100000,l=32$<salt>$<key>`. Clients compute as many iterations. */
export async function hashCraSecret(
  secret: string,
  { iterations = 100_000 }: { readonly iterations?: number } = {},
): Promise<string> {
  const salt = randomBytes(16).toString("base64url");
  const { keylen } = CRA_DEFAULTS;
  return `$pbkdf2-sha256$i=${iterations},l=${keylen}$${salt}$${await craKey(secret, { salt, iterations, keylen })}`;
}

function readCraHash(text: string): CraHash | undefined {
  const [, iterations, keylen, salt = "", key = ""] = FORM.exec(text) ?? [];
  const hash = { iterations: Number(iterations), keylen: Number(keylen), salt, key };
  const fits = isBase64(key) && Buffer.from(key, "base64").length === hash.keylen && hash.iterations > 0;
  return iterations !== undefined && fits ? hash : undefined;
}

/**
 * Lets clients log in by signing a challenge with a shared secret (WAMP-CRA). An unknown `authid` gets a challenge like any other, and is
 * told the same as a wrong signature. Throws `TypeError` for a principal that cannot be. Spec: Advanced Profile, "Challenge Response
 * Authentication".
 *
 * ```ts
 * const auth = [wampcra({ principals: { ada: { role: "admin", secret: { env: "ADA_SECRET" } } } })];
 * ```
 */
export function wampcra(options: WampCraOptions): Authenticator {
  checkSettings(options, OPTIONS);
  const source = new PrincipalSource(options.principals, checkPrincipal);
  const decoys = new Decoys(source.entries, options.decoySeed);
  return {
    method: "wampcra",
    instead: instead("wampcra"),
    namedRoles: source.namedRoles,
    async begin(hello, info, context) {
      const { authid } = hello;
      if (authid === undefined) return incomplete("HELLO.details.authid: the method wampcra needs it");
      const entry = await source.find(authid, { method: "wampcra", hello, info, context });
      if (entry) decoys.found(entry);
      const decoy = await decoys.draw(authid); // found, salted and given a key for known principals, too: it takes time
      const { key, salted } = await keyOf(entry ?? decoy.model);
      const unknown = {
        key: randomBytes(32),
        salted: salted && { ...salted, salt: decoySalt(decoy, salted) },
      };
      const challenge = JSON.stringify({
        nonce: randomBytes(24).toString("base64url"),
        authprovider: source.provider,
        authid, // as the client gave it: another one would tell that it is known
        timestamp: new Date().toISOString(),
        authrole: ROLE,
        authmethod: "wampcra",
        session: context.session,
      });
      const salt = entry ? salted : unknown.salted;
      const expected = createHmac("sha256", entry ? key : unknown.key)
        .update(challenge)
        .digest();
      return {
        type: "challenge",
        extra: { challenge, ...salt },
        answer: ({ signature }) =>
          isSignature(signature, expected) && entry ? accepted(authid, entry, source.provider) : REFUSED,
      };
    },
  };
}

function checkPrincipal(entry: WampCraPrincipal, path: string): void {
  checkSettings(entry, ENTRY, path);
  const { key, secret } = entry;
  if ((key === undefined) === (secret === undefined)) throw new TypeError(`${path}: expected either a key or a secret`);
  if (secret) checkSecret(secret, `${path}.secret`);
}

/** The key that signs, and how the client is told to derive it. Done for unknown principals, too. */
async function keyOf(
  entry: WampCraPrincipal | undefined,
): Promise<{ readonly key: string; readonly salted?: CraSalt }> {
  if (entry?.secret) return { key: await readSecret(entry.secret, "principal.secret") };
  const hash = readCraHash(entry?.key ?? "");
  if (!hash) return { key: "", salted: { salt: "x".repeat(22), iterations: 100_000, keylen: CRA_DEFAULTS.keylen } };
  const { key, ...salted } = hash;
  return { key, salted };
}

/** A salt like those of others. */
function decoySalt(decoy: Decoy<WampCraPrincipal>, { salt }: CraSalt): string {
  return decoy.bytes("salt").toString("base64url").slice(0, salt.length);
}

function isSignature(text: string, expected: Buffer): boolean {
  const given = Buffer.from(text, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
