import { fromHex, joined, sameBytes, toHex, xor } from "./bytes.js";
import { sha256, webCrypto } from "./crypto.js";

/** The length of a key, a challenge and a channel ID, in bytes. */
export const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** Signs messages with an Ed25519 key. */
export interface Signer {
  /** The public key: 64 hexadecimal digits. */
  readonly pubkey: string;
  /** Signs a message: gives the 64 bytes of the Ed25519 signature. */
  sign(message: Uint8Array<ArrayBuffer>): Uint8Array | Promise<Uint8Array>;
}

const PKCS8 = "302e020100300506032b657004220420"; // the prefix of an Ed25519 seed. Spec: RFC 8410

/** Creates the signer of a private key, given as a seed of 32 bytes. */
export async function signerOf(seed: Uint8Array): Promise<Signer> {
  const prefix = fromHex(PKCS8, PKCS8.length / 2) as Uint8Array; // it is hexadecimal
  const key = await webCrypto().importKey("pkcs8", joined(prefix, seed), "Ed25519", true, ["sign"]);
  const { x = "" } = await webCrypto().exportKey("jwk", key);
  return {
    pubkey: toHex(Uint8Array.from(atob(x.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0))),
    sign: async (message) => new Uint8Array(await webCrypto().sign("Ed25519", key, message)),
  };
}

/** Returns the bytes to sign: the challenge, combined with the channel ID if channel binding is used. */
export function boundTo(channelId: Uint8Array | undefined, challenge: Uint8Array): Uint8Array<ArrayBuffer> {
  return channelId ? xor(challenge, channelId) : Uint8Array.from(challenge);
}

/** Returns the channel ID for cryptosign, which has 32 bytes. An ID of another length is hashed, as in autobahn. */
export async function cryptosignChannel(id: Uint8Array): Promise<Uint8Array> {
  return id.length === KEY_BYTES ? id : sha256(Uint8Array.from(id));
}

/** Returns the signature followed by the message in hexadecimal, the form of AUTHENTICATE and CHALLENGE. */
export async function signed(signer: Signer, message: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(joined(await signer.sign(message), message));
}

/** Returns whether a text is the signature of exactly this message by the owner of a public key. */
export async function isSigned(
  text: unknown,
  message: Uint8Array<ArrayBuffer>,
  pubkey: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const bytes = fromHex(text, SIGNATURE_BYTES + KEY_BYTES) ?? new Uint8Array(SIGNATURE_BYTES + KEY_BYTES);
  const isThisMessage = sameBytes(bytes.subarray(SIGNATURE_BYTES), message);
  const isValid = await verify(bytes.slice(0, SIGNATURE_BYTES), message, pubkey);
  return isThisMessage && isValid;
}

async function verify(
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
  pubkey: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const key = await webCrypto().importKey("raw", pubkey, "Ed25519", false, ["verify"]);
  return webCrypto().verify("Ed25519", key, signature, message);
}
