import { randomBytes } from "node:crypto";
import { saslPrep } from "../../auth/saslprep.js";
import { KEY_BYTES, type ScramCost, type ScramKdf, saltedPassword, scramKeys } from "../../auth/scram.js";
import { fromBase64, toBase64 } from "../../wire/bytes.js";
import { checkSettings, counting, oneOf, type SettingRule, type SettingRules } from "../../wire/settings.js";
import { checkHashed } from "./hashed.js";

/** The stored form of a password, which cannot be used to log in. */
export interface ScramHash extends ScramCost {
  /** In Base64. */
  readonly salt: string;
  readonly storedKey: Uint8Array<ArrayBuffer>;
  readonly serverKey: Uint8Array<ArrayBuffer>;
}

/** The cost of the key derivation at the client. */
export interface ScramHashOptions {
  /** The key derivation function. Default: `argon2id13`, which needs the package `hash-wasm`. */
  readonly kdf?: ScramKdf;
  /** The iterations of the key derivation. Default: 3; 600,000 for `pbkdf2`. */
  readonly iterations?: number;
  /** In KiB, for `argon2id13` only. Default: 65,536. */
  readonly memory?: number;
}

const OPTIONS: SettingRules<ScramHashOptions> = {
  kdf: oneOf("argon2id13", "pbkdf2"),
  iterations: counting,
  memory: counting,
};
const SALT_BYTES = 16;
const ARGON2 = { iterations: 3, memory: 65_536 };
const PBKDF2 = { iterations: 600_000, memory: undefined };

/**
 * Hashes a password for a configuration or a database: `$scram-argon2id13$i=3,m=65536$<salt>$<StoredKey>$<ServerKey>`, the output of
 * `wampact secret scram`. The result cannot be used to log in. Throws `TypeError` for an empty password, an invalid option, and
 * `memory` with `pbkdf2`.
 */
export async function hashScramPassword(password: string, options: ScramHashOptions = {}): Promise<string> {
  checkSettings(options, OPTIONS, "hashScramPassword");
  if (options.kdf === "pbkdf2" && options.memory !== undefined) {
    throw new TypeError("hashScramPassword.memory: does not apply to pbkdf2; remove it");
  }
  checkHashed(password, "hashScramPassword", "password");
  const salt = Uint8Array.from(randomBytes(SALT_BYTES));
  const salted = await saltedPassword(await saslPrep(password, "password"), salt, costOf(options));
  return scramForm(options, { salt, ...(await scramKeys(salted)) });
}

/** Returns the stored form of a password. */
export function scramForm(
  options: ScramHashOptions,
  { salt, storedKey, serverKey }: Readonly<Record<"salt" | "storedKey" | "serverKey", Uint8Array>>,
): string {
  const { kdf, iterations, memory } = costOf(options);
  const cost = kdf === "argon2id13" ? `i=${iterations},m=${memory}` : `i=${iterations}`;
  return `$scram-${kdf}$${cost}$${[salt, storedKey, serverKey].map(toBase64).join("$")}`;
}

function costOf({ kdf = "argon2id13", ...given }: ScramHashOptions): ScramCost {
  const defaults = kdf === "pbkdf2" ? PBKDF2 : ARGON2;
  return { kdf, iterations: given.iterations ?? defaults.iterations, memory: given.memory ?? defaults.memory };
}

const FORM =
  /^\$scram-(?:(argon2id13)\$i=(\d{1,9}),m=(\d{1,9})|(pbkdf2)\$i=(\d{1,9}))\$([A-Za-z0-9+/=]{4,200})\$([A-Za-z0-9+/=]{44})\$([A-Za-z0-9+/=]{44})$/;

/** Parses a stored form; `undefined` for any other text. */
export function readScramHash(text: string): ScramHash | undefined {
  const [, argon2, passes, memory, pbkdf2, iterations, salt = "", stored = "", server = ""] = FORM.exec(text) ?? [];
  const [saltBytes, storedKey, serverKey] = [salt, stored, server].map(fromBase64);
  if (!saltBytes?.length || storedKey?.length !== KEY_BYTES || serverKey?.length !== KEY_BYTES) return undefined;
  if (Number(iterations ?? passes) === 0 || Number(memory) === 0) return undefined;
  const keys = { salt, storedKey: Uint8Array.from(storedKey), serverKey: Uint8Array.from(serverKey) };
  if (pbkdf2) return { kdf: "pbkdf2", iterations: Number(iterations), memory: undefined, ...keys };
  return argon2 ? { kdf: "argon2id13", iterations: Number(passes), memory: Number(memory), ...keys } : undefined;
}

export const scramHash: SettingRule = {
  expected: 'what "wampact secret scram" prints, such as "$scram-argon2id13$i=3,m=65536$…"',
  accepts: (value) => typeof value === "string" && readScramHash(value) !== undefined,
};
