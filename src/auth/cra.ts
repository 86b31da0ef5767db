import { toBase64 } from "../wire/bytes.js";
import { hmac, pbkdf2, utf8 } from "./crypto.js";

/** The salt parameters of a secret. Spec: Advanced Profile, "Challenge Response Authentication". */
export interface CraSalt {
  readonly salt: string;
  readonly iterations: number;
  /** The length of the derived key, in bytes. */
  readonly keylen: number;
}

/** The values that implementations use if CHALLENGE omits them. */
export const CRA_DEFAULTS: Omit<CraSalt, "salt"> = { iterations: 1_000, keylen: 32 };

/**
 * Derives the key of a salted secret: the Base64 text of the PBKDF2 result. All implementations do so; the specification
 * does not say.
 */
export async function craKey(secret: string, { salt, iterations, keylen }: CraSalt): Promise<string> {
  return toBase64(await pbkdf2(utf8(secret), { salt: utf8(salt), iterations, bytes: keylen }));
}

/** Signs a challenge. The exact text is signed. */
export async function craSignature(key: string, challenge: string): Promise<string> {
  return toBase64(await hmac(utf8(key), utf8(challenge)));
}
