// Imported constants would be loaded again for each byte.
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const QUOTES = 0x22222222; // 32-bit words
const BACKSLASHES = 0x5c5c5c5c;
const SPACES = 0x20202020;
const ONES = 0x01010101;
const TOPS = 0x80808080;
const THREES = 0x30303030; // the upper half of each digit
const TRUE = 0x65757274; // the first letter in the lowest byte
const NULL = 0x6c6c756e;
const FALS = 0x736c6166;

/** Numbers of this length are not handled here: they may be too long, or integers that a double cannot represent. */
const LONG_NUMBER = 32;
const LONG_INTEGER = 16;

/** Below this size, in bytes, creating a view costs more than it saves. */
const MANY_BYTES = 256;

/** Returns a view that reads four bytes at a time; `undefined` for few bytes. */
export function viewOf(bytes: Uint8Array): DataView | undefined {
  return bytes.length < MANY_BYTES ? undefined : new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Bytes that need no escape in a string. */
const PLAIN: Uint8Array = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH),
);

/** Returns the position of the first byte from `start` that is not ASCII, or is a quote, a backslash or a control character. */
export function plainStringEnd(bytes: Uint8Array, view: DataView | undefined, start: number): number {
  let at = start;
  if (view !== undefined) {
    for (const last = bytes.length - 4; at <= last; at += 4) {
      const word = view.getInt32(at, true);
      // A borrow of the subtraction sets the top bit of a byte, and so does a byte that is not ASCII. Exact up to the first hit.
      const odd = (((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES) | (word - SPACES)) & TOPS;
      if (odd === 0) continue;
      if ((odd & 0x80) !== 0) return at;
      if ((odd & 0x8000) !== 0) return at + 1;
      return (odd & 0x800000) !== 0 ? at + 2 : at + 3;
    }
  }
  while (PLAIN[bytes[at] as number] === 1) at++;
  return at;
}

/** Returns the position of the first byte from `start` that is a quote, a backslash or a control character. */
export function unescapedEnd(bytes: Uint8Array, view: DataView | undefined, start: number): number {
  let at = start;
  if (view !== undefined) {
    for (const last = bytes.length - 4; at <= last; at += 4) {
      const word = view.getInt32(at, true);
      if (((((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES) | (word - SPACES)) & ~word & TOPS) !== 0) break;
    }
  }
  for (let byte = bytes[at] as number; byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH; )
    byte = bytes[++at] as number;
  return at;
}

/** Returns the end of the literal, or of the short number without exponent, that begins at `start`; below 0 for anything else. */
export function plainScalarEnd(bytes: Uint8Array, view: DataView | undefined, start: number): number {
  const last = view === undefined ? -1 : bytes.length - 4; // position of a word
  let at = start;
  let byte = bytes[at] as number;
  if (byte >= 0x61 && view !== undefined) {
    const word = at < last ? view.getInt32(at, true) : 0;
    if (word === TRUE || word === NULL) return at + 4;
    return word === FALS && bytes[at + 4] === 0x65 ? at + 5 : -1;
  }
  if (byte === MINUS) byte = bytes[++at] as number;
  const digits = at;
  while (byte >= 0x30 && byte <= 0x39) byte = bytes[++at] as number;
  const isInteger = byte !== 0x2e;
  if (at === digits || (bytes[digits] === 0x30 && at > digits + 1)) return -1;
  if (!isInteger) {
    const fraction = ++at;
    if (view !== undefined) {
      for (; at <= last; at += 4) {
        const word = view.getInt32(at, true);
        if ((word & 0xf0f0f0f0) !== THREES || ((word + 0x06060606) & 0xf0f0f0f0) !== THREES) break;
      }
    }
    byte = bytes[at] as number;
    while (byte >= 0x30 && byte <= 0x39) byte = bytes[++at] as number;
    if (at === fraction) return -1;
  }
  if (byte === 0x65 || byte === 0x45 || at - start >= (isInteger ? LONG_INTEGER : LONG_NUMBER)) return -1;
  return at;
}
