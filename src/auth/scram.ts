import type { ChannelBinding } from "../transport/transport.js";
import { toBase64 } from "../wire/bytes.js";
import { joined } from "./bytes.js";
import { hmac, pbkdf2, sha256, utf8 } from "./crypto.js";
import { loadOptional } from "./optional.js";

/** How a password is made a key. Spec: Advanced Profile, "Salted Challenge Response Authentication". */
export type ScramKdf = "argon2id13" | "pbkdf2";

/** How much that costs. */
export interface ScramCost {
  readonly kdf: ScramKdf;
  readonly iterations: number;
  /** In KiB; for `argon2id13` alone. */
  readonly memory: number | undefined;
}

/** Bytes of all keys. */
export const KEY_BYTES = 32;

/** The salted password, of which all keys are made. `password` is as SASLprep has it. */
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

/** The TLS connection that a login is bound to. */
export interface ScramBinding {
  readonly kind: ChannelBinding;
  readonly data: Uint8Array;
}

/** What both ends sign: what the first three messages have said. */
export interface ScramExchange {
  readonly authid: string;
  readonly clientNonce: string;
  /** The client's nonce and the router's behind it. */
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
