import { toBase64 } from "../wire/bytes.js";
import { hmac, pbkdf2, utf8 } from "./crypto.js";

/** How a secret is salted. Spec: Advanced Profile, "Challenge Response Authentication". */
export interface CraSalt {
  readonly salt: string;
  readonly iterations: number;
  /** Bytes of the derived key. */
  readonly keylen: number;
}

/** What the specification's implementations take where CHALLENGE does not say. */
export const CRA_DEFAULTS: Omit<CraSalt, "salt"> = { iterations: 1_000, keylen: 32 };

/** The key that a salted secret makes. It is the Base64 text of what PBKDF2 derives: unwritten in the specification, done by all. */
export async function craKey(secret: string, { salt, iterations, keylen }: CraSalt): Promise<string> {
  return toBase64(await pbkdf2(utf8(secret), { salt: utf8(salt), iterations, bytes: keylen }));
}

/** The signature of a challenge, which is signed to the letter. */
export async function craSignature(key: string, challenge: string): Promise<string> {
  return toBase64(await hmac(utf8(key), utf8(challenge)));
}
