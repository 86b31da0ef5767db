import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { CRA_DEFAULTS, type CraSalt, craKey } from "../../auth/cra.js";
import { isBase64 } from "../../wire/bytes.js";
import { checkSettings, counting, type SettingRule, type SettingRules } from "../../wire/settings.js";
import type { Authenticator } from "./authenticator.js";
import { type Decoy, Decoys, decoyCosts, NOBODYS } from "./decoys.js";
import { checkHashed } from "./hashed.js";
import { namedMethodOf } from "./method.js";
import {
  accepted,
  ENTRY_RULES,
  type PrincipalEntry,
  PrincipalSource,
  type Principals,
  principals,
  REFUSED,
} from "./principals.js";
import { checkSecret, readSecret, type Secret, secretSource } from "./secret.js";

/** A principal that signs a challenge with a key derived from its secret, or with the secret itself. */
export interface WampCraPrincipal extends PrincipalEntry {
  /**
   * The salted key: the result of `hashCraSecret()` or `wampact secret wampcra`. Anyone who knows it can log in, so it is as
   * sensitive as a password. Default: none.
   */
  readonly key?: string;
  /** A reference to the plain secret. Default: none. */
  readonly secret?: Secret;
}

export interface WampCraOptions {
  /** Who may log in, by `authid`: an object, or a function that finds an entry. */
  readonly principals: Principals<WampCraPrincipal>;
  /**
   * The seed for the salts of unknown principals. With the same seed they stay the same, like real ones, after a restart and on all
   * routers. Default: random per process.
   */
  readonly decoySeed?: Secret;
  /**
   * The cost of secrets of unknown principals, in the form of `hashCraSecret()`, or `salted: false` for plain secrets: that of the
   * principals that `principals` finds, or a list of different ones. Default: the cost of the configured principals; for a
   * function, that of `hashCraSecret()`.
   */
  readonly decoyCost?: CraDecoyCost | readonly CraDecoyCost[];
}

/** The cost of the key derivation at the client. */
export interface CraHashOptions {
  /** The iterations of the key derivation. Default: 100,000. */
  readonly iterations?: number;
}

/** The simulated secret of an unknown principal. */
export interface CraDecoyCost extends CraHashOptions {
  /** Whether the secret is salted; false for a plain secret. Default: true. */
  readonly salted?: boolean;
}

/** The `authrole` in every challenge, regardless of the real role, because the client is not authenticated yet. */
const ROLE = "user";

const DEFAULT_ITERATIONS = 100_000;

/** The stored form of a salted key. */
interface CraHash extends CraSalt {
  readonly key: string;
}

const FORM = /^\$pbkdf2-sha256\$i=(\d{1,9}),l=(\d{1,3})\$([^$]{1,1024})\$([A-Za-z0-9+/]+={0,2})$/;

const craHash: SettingRule = {
  expected: 'what "wampact secret wampcra" prints, such as "$pbkdf2-sha256$i=100000,l=32$…"',
  accepts: (value) => typeof value === "string" && readCraHash(value) !== undefined,
};

const COSTS = decoyCosts(
  "the cost of a secret, such as { iterations: 100_000 } or { salted: false }",
  ["iterations", "salted"],
  ({ iterations, salted = true }) => {
    if (salted === false) return iterations === undefined;
    return salted === true && craHash.accepts(nobodys({ iterations: iterations as number }).key);
  },
);
const OPTIONS: SettingRules<WampCraOptions> = { principals, decoySeed: secretSource, decoyCost: COSTS };
const ENTRY: SettingRules<WampCraPrincipal> = { ...ENTRY_RULES, key: craHash, secret: secretSource };

const HASH_OPTIONS: SettingRules<CraHashOptions> = { iterations: counting };

/**
 * Salts a secret for a configuration or a database: `$pbkdf2-sha256$i=100000,l=32$<salt>$<key>`. Clients compute the same number of
 * iterations. Throws `TypeError` for an empty secret and for an invalid option.
 */
export async function hashCraSecret(secret: string, options: CraHashOptions = {}): Promise<string> {
  checkSettings(options, HASH_OPTIONS, "hashCraSecret");
  checkHashed(secret, "hashCraSecret", "secret");
  const { iterations = DEFAULT_ITERATIONS } = options;
  const salt = randomBytes(16).toString("base64url");
  const { keylen } = CRA_DEFAULTS;
  return craForm({ salt, iterations, keylen, key: await craKey(secret, { salt, iterations, keylen }) });
}

/** Returns the stored form of a salted key. */
function craForm({ salt, iterations, keylen, key }: CraHash): string {
  return `$pbkdf2-sha256$i=${iterations},l=${keylen}$${salt}$${key}`;
}

function readCraHash(text: string): CraHash | undefined {
  const [, iterations, keylen, salt = "", key = ""] = FORM.exec(text) ?? [];
  const hash = { iterations: Number(iterations), keylen: Number(keylen), salt, key };
  const fits = isBase64(key) && Buffer.from(key, "base64").length === hash.keylen && hash.iterations > 0;
  return iterations !== undefined && fits ? hash : undefined;
}

/**
 * Creates an authenticator for clients that sign a challenge with a shared secret (WAMP-CRA). An unknown `authid` gets a challenge,
 * and the same answer as a wrong signature. Throws `TypeError` for an invalid principal. Spec: Advanced Profile, "Challenge
 * Response Authentication".
 *
 * ```ts
 * const auth = [wampcra({ principals: { ada: { role: "admin", secret: { env: "ADA_SECRET" } } } })];
 * ```
 */
export function wampcra(options: WampCraOptions): Authenticator {
  checkSettings(options, OPTIONS, "wampcra");
  const source = new PrincipalSource(options.principals, checkPrincipal);
  const { entries, namedRoles } = source;
  const decoys = new Decoys({ ...options, entries, model: nobodys, stored: (entry) => entry.key });
  return namedMethodOf({ name: "wampcra", namedRoles }, async (authid, attempt) => {
    const { context } = attempt;
    const entry = await source.find(authid, attempt);
    const decoy = await decoys.draw(authid); // also for known principals, since it takes time
    const shown = entry ?? decoy.model;
    decoys.check(shown, context.report);
    const { key, salted } = await keyOf(shown);
    const unknown = {
      key: randomBytes(32),
      salted: salted && { ...salted, salt: decoySalt(decoy, salted) },
    };
    const challenge = JSON.stringify({
      nonce: randomBytes(24).toString("base64url"),
      authprovider: source.provider,
      authid, // as the client sent it; another one would reveal that it is known
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
  });
}

function checkPrincipal(entry: WampCraPrincipal, path: string): void {
  checkSettings(entry, ENTRY, path);
  const { key, secret } = entry;
  if ((key === undefined) === (secret === undefined)) throw new TypeError(`${path}: expected either a key or a secret`);
  if (secret) checkSecret(secret, `${path}.secret`);
}

/** Returns the signing key and how the client derives it. Also used for unknown principals. */
async function keyOf(entry: WampCraPrincipal): Promise<{ readonly key: string; readonly salted?: CraSalt }> {
  if (entry.secret) return { key: await readSecret(entry.secret, "principal.secret") };
  const { key, ...salted } = readCraHash(entry.key ?? "") as CraHash; // already checked
  return { key, salted };
}

/** Creates a principal whose secret nobody has. */
function nobodys({ salted = true, iterations = DEFAULT_ITERATIONS }: CraDecoyCost = {}): WampCraPrincipal {
  if (!salted) return { role: "nobody", secret: () => "nobody's" };
  const [salt, key] = [Buffer.from(NOBODYS.salt).toString("base64url"), Buffer.from(NOBODYS.key).toString("base64")];
  return { role: "nobody", key: craForm({ salt, iterations, keylen: NOBODYS.key.length, key }) };
}

/** Returns a simulated salt of the same length. */
function decoySalt(decoy: Decoy<WampCraPrincipal>, { salt }: CraSalt): string {
  return decoy.bytes("salt").toString("base64url").slice(0, salt.length);
}

function isSignature(text: string, expected: Buffer): boolean {
  const given = Buffer.from(text, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
