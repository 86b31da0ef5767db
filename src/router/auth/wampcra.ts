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

/** Who may log in by signing a challenge: with a key derived from the secret, or with the secret itself. */
export interface WampCraPrincipal extends PrincipalEntry {
  /**
   * The salted key: what `hashCraSecret()` or `wampact secret wampcra` gives. Whoever has it can log in with it: it is worth a password.
   * Default: none; `secret` is then required.
   */
  readonly key?: string;
  /** Where the plain secret is. Default: none. */
  readonly secret?: Secret;
}

export interface WampCraOptions {
  /** Who may log in, by `authid`: an object, or a function that finds an entry. */
  readonly principals: Principals<WampCraPrincipal>;
  /**
   * Makes the salts that unknown principals get, so that they stay the same, as real ones do, when the router starts again, and on all
   * routers. Default: random, for each process.
   */
  readonly decoySeed?: Secret;
  /**
   * What a secret costs of unknown principals, as given to `hashCraSecret()`, or `salted: false` for plain secrets: the cost of all that
   * `principals` finds, or several where these differ. Default: as the principals of a configuration; where a function finds them, the default
   * of `hashCraSecret()`.
   */
  readonly decoyCost?: CraDecoyCost | readonly CraDecoyCost[];
}

/** What a secret costs whoever logs in with it. */
export interface CraHashOptions {
  /** Iterations of PBKDF2. Default 100,000. */
  readonly iterations?: number;
}

/** How the secret of an unknown principal looks. */
export interface CraDecoyCost extends CraHashOptions {
  /** False for a plain secret. Default true. */
  readonly salted?: boolean;
}

/** The `authrole` of every challenge, whatever the role: nobody has proven anything yet. */
const ROLE = "user";

const DEFAULT_ITERATIONS = 100_000;

/** The salted key, as it is kept. */
interface CraHash extends CraSalt {
  readonly key: string;
}

const FORM = /^\$pbkdf2-sha256\$i=(\d{1,9}),l=(\d{1,3})\$([^$]{1,1024})\$([A-Za-z0-9+/]+={0,2})$/;

const craHash: SettingRule = {
  expected: 'what "wampact secret wampcra" prints, such as "$pbkdf2-sha256$i=100000,l=32$…"',
  accepts: (value) => typeof value === "string" && readCraHash(value) !== undefined,
};

const COSTS = decoyCosts(
  "what a secret costs, such as { iterations: 100_000 } or { salted: false }",
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
 * Salts a secret for a configuration or a database: `$pbkdf2-sha256$i=100000,l=32$<salt>$<key>`. Clients compute as many iterations.
 * Throws `TypeError` for an empty secret, and for an option that is unknown or wrong.
 */
export async function hashCraSecret(secret: string, options: CraHashOptions = {}): Promise<string> {
  checkSettings(options, HASH_OPTIONS, "hashCraSecret");
  checkHashed(secret, "hashCraSecret", "secret");
  const { iterations = DEFAULT_ITERATIONS } = options;
  const salt = randomBytes(16).toString("base64url");
  const { keylen } = CRA_DEFAULTS;
  return craForm({ salt, iterations, keylen, key: await craKey(secret, { salt, iterations, keylen }) });
}

/** The stored form of a salted key. */
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
 * Lets clients log in by signing a challenge with a shared secret (WAMP-CRA). An unknown `authid` gets a challenge like any other, and is
 * told the same as a wrong signature. Throws `TypeError` for a principal that cannot be. Spec: Advanced Profile, "Challenge Response
 * Authentication".
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
    const decoy = await decoys.draw(authid); // found, salted and given a key for known principals, too: it takes time
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
  });
}

function checkPrincipal(entry: WampCraPrincipal, path: string): void {
  checkSettings(entry, ENTRY, path);
  const { key, secret } = entry;
  if ((key === undefined) === (secret === undefined)) throw new TypeError(`${path}: expected either a key or a secret`);
  if (secret) checkSecret(secret, `${path}.secret`);
}

/** The key that signs, and how the client is told to derive it. Done for unknown principals, too. */
async function keyOf(entry: WampCraPrincipal): Promise<{ readonly key: string; readonly salted?: CraSalt }> {
  if (entry.secret) return { key: await readSecret(entry.secret, "principal.secret") };
  const { key, ...salted } = readCraHash(entry.key ?? "") as CraHash; // which was checked
  return { key, salted };
}

/** A principal whose secret nobody has. */
function nobodys({ salted = true, iterations = DEFAULT_ITERATIONS }: CraDecoyCost = {}): WampCraPrincipal {
  if (!salted) return { role: "nobody", secret: () => "nobody's" };
  const [salt, key] = [Buffer.from(NOBODYS.salt).toString("base64url"), Buffer.from(NOBODYS.key).toString("base64")];
  return { role: "nobody", key: craForm({ salt, iterations, keylen: NOBODYS.key.length, key }) };
}

/** A salt like those of others. */
function decoySalt(decoy: Decoy<WampCraPrincipal>, { salt }: CraSalt): string {
  return decoy.bytes("salt").toString("base64url").slice(0, salt.length);
}

function isSignature(text: string, expected: Buffer): boolean {
  const given = Buffer.from(text, "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
