const HEX = /[^0-9a-f]/i; // an unanchored character class, so matching uses no stack

/** Decodes hexadecimal text of a given number of bytes. Returns `undefined` for any other text. */
export function fromHex(text: unknown, bytes: number): Uint8Array<ArrayBuffer> | undefined {
  if (typeof text !== "string" || text.length !== 2 * bytes || HEX.test(text)) return undefined;
  return Uint8Array.from({ length: bytes }, (_, index) => Number.parseInt(text.slice(2 * index, 2 * index + 2), 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns the exclusive or of two byte strings of equal length. */
export function xor(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(left, (byte, index) => byte ^ (right[index] as number));
}

export function joined(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

/** Compares two byte strings in constant time. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] as number);
  return difference === 0;
}

export function randomBytes(bytes: number): Uint8Array<ArrayBuffer> {
  return globalThis.crypto.getRandomValues(new Uint8Array(bytes));
}
