import type { ChannelBinding } from "../transport/transport.js";
import { toBase64 } from "../wire/bytes.js";
import { joined } from "./bytes.js";
import { hmac, pbkdf2, sha256, utf8 } from "./crypto.js";
import { loadOptional } from "./optional.js";

/** The key derivation function. Spec: Advanced Profile, "Salted Challenge Response Authentication". */
export type ScramKdf = "argon2id13" | "pbkdf2";

/** The cost parameters of the key derivation. */
export interface ScramCost {
  readonly kdf: ScramKdf;
  readonly iterations: number;
  /** In KiB; only for `argon2id13`. */
  readonly memory: number | undefined;
}

/** The length of every key, in bytes. */
export const KEY_BYTES = 32;

/** Derives the salted password, from which all keys are derived. `password` must be normalized with SASLprep. */
export async function saltedPassword(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  { kdf, iterations, memory = 0 }: ScramCost,
): Promise<Uint8Array<ArrayBuffer>> {
  if (kdf === "pbkdf2") return pbkdf2(utf8(password), { salt, iterations, bytes: KEY_BYTES });
  const { argon2id } = await loadOptional("hash-wasm", () => import("hash-wasm"));
  const outputType = "binary";
  const cost = { iterations, memorySize: memory, parallelism: 1, hashLength: KEY_BYTES, outputType } as const;
  return Uint8Array.from(await argon2id({ password, salt, ...cost }));
}

export interface ScramKeys {
  readonly clientKey: Uint8Array<ArrayBuffer>;
  readonly storedKey: Uint8Array<ArrayBuffer>;
  readonly serverKey: Uint8Array<ArrayBuffer>;
}

export async function scramKeys(salted: Uint8Array<ArrayBuffer>): Promise<ScramKeys> {
  const clientKey = await hmac(salted, utf8("Client Key"));
  return { clientKey, storedKey: await sha256(clientKey), serverKey: await hmac(salted, utf8("Server Key")) };
}

/** The TLS channel that a login is bound to. */
export interface ScramBinding {
  readonly kind: ChannelBinding;
  readonly data: Uint8Array;
}

/** The data that both ends sign, from the first three messages. */
export interface ScramExchange {
  readonly authid: string;
  readonly clientNonce: string;
  /** The client's nonce followed by the router's. */
  readonly nonce: string;
  readonly salt: string;
  readonly iterations: number;
  readonly binding: ScramBinding | undefined;
}

export function authMessage({
  authid,
  clientNonce,
  nonce,
  salt,
  iterations,
  binding,
}: ScramExchange): Uint8Array<ArrayBuffer> {
  const name = authid.replaceAll("=", "=3D").replaceAll(",", "=2C");
  const header = utf8(binding ? `p=${binding.kind},,` : "n,,");
  const bound = toBase64(binding ? joined(header, binding.data) : header);
  return utf8(`n=${name},r=${clientNonce},r=${nonce},s=${salt},i=${iterations},c=${bound},r=${nonce}`);
}
