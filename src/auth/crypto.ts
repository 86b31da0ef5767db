/** The cryptographic functions of both ends of an authentication method. They use Web Crypto, which Node and browsers have. */

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Computes `HMAC[SHA256]` of data under a key. Spec: RFC 2104. */
export async function hmac(
  key: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await webCrypto().importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await webCrypto().sign("HMAC", imported, data));
}

/** Derives a key by PBKDF2 with SHA-256. Spec: RFC 8018. */
export async function pbkdf2(
  secret: Uint8Array<ArrayBuffer>,
  {
    salt,
    iterations,
    bytes,
  }: { readonly salt: Uint8Array<ArrayBuffer>; readonly iterations: number; readonly bytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await webCrypto().importKey("raw", secret, "PBKDF2", false, ["deriveBits"]);
  const algorithm = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return new Uint8Array(await webCrypto().deriveBits(algorithm, key, bytes * 8));
}

export function webCrypto(): typeof crypto.subtle {
  const { subtle } = globalThis.crypto ?? {};
  if (subtle) return subtle;
  throw new TypeError(
    "this authentication method needs Web Crypto, which browsers provide only on https: and localhost pages",
  );
}

export async function sha256(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await webCrypto().digest("SHA-256", data));
}
