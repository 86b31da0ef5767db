/*
 * Checks payloads in bulk, in WebAssembly: JSON, MessagePack and CBOR. Written in AssemblyScript; `npm run build:wasm` compiles it into
 * bulk-scan-code.ts. What passes here passes json-scan.ts and binary-scan.ts, too. What does not is looked at by those, which say what is
 * wrong with it, and take what is rare: so nothing here needs words.
 *
 * Memory: what encloses the open level from LEVELS, four bytes each; the bytes to check from BASE, 32 zeros behind them.
 */
const LEVELS: usize = 1024;
export const BASE: i32 = 4096;
/** How many levels there is room for. */
export const MOST_LEVELS: i32 = 768;

/* Added to where a value of JSON ends: it has an integer that a double may not hold, or a byte beyond ASCII. */
const WIDE: u32 = 1 << 30;
const HIGH: u32 = 1 << 29;

let seen: u32 = 0;

const QUOTE: u32 = 0x22;
const COMMA: u32 = 0x2c;
const COLON: u32 = 0x3a;
const BACKSLASH: u32 = 0x5c;

@inline
function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

@inline
function spaceEnd(start: usize): usize {
  let at = start;
  while (isSpace(load<u8>(at))) at++;
  return at;
}

/** The position behind the closing quote of the string that opened before `start`; 0 for one that is malformed. */
@inline
function stringEnd(start: usize): usize {
  let at = start;
  while (true) {
    const bytes = v128.load(at);
    // Signed: control characters and bytes beyond ASCII are both below a space.
    const odd = v128.or(
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
    );
    const mask = i8x16.bitmask(odd);
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += ctz(mask);
    const byte: u32 = load<u8>(at);
    if (byte == QUOTE) return at + 1;
    at = oddEnd(at, byte);
    if (at == 0) return 0;
  }
}

/** The position behind an escape or a byte beyond ASCII; 0 for a byte that must not be there. */
function oddEnd(start: usize, byte: u32): usize {
  if (byte >= 0x80) {
    seen |= HIGH;
    let at = start + 1;
    while (load<u8>(at) >= 0x80) at++;
    return at;
  }
  if (byte != BACKSLASH) return 0;
  const escape: u32 = load<u8>(start + 1);
  if (escape == 0x75) {
    for (let at = start + 2; at < start + 6; at++) {
      const hex: u32 = load<u8>(at);
      if (hex - 0x30 > 9 && (hex | 0x20) - 0x61 > 5) return 0;
    }
    return start + 6;
  }
  const known =
    escape == QUOTE || escape == BACKSLASH || escape == 0x2f || escape == 0x62 || escape == 0x66 ||
    escape == 0x6e || escape == 0x72 || escape == 0x74;
  return known ? start + 2 : 0;
}

@inline
function digitsEnd(start: usize): usize {
  let at = start;
  while (true) {
    const bytes = v128.load(at);
    const digits = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10));
    const others = i8x16.bitmask(digits) ^ 0xffff;
    if (others != 0) return at + ctz(others);
    at += 16;
  }
}

/** Where the word or number ends that begins at `start`; 0 for one that is malformed. */
@inline
function scalarEnd(start: usize, longest: i32): usize {
  let at = start;
  let byte: u32 = load<u8>(at);
  if (byte >= 0x61) {
    const word = load<u32>(at);
    if (word == 0x65757274 || word == 0x6c6c756e) return at + 4;
    return word == 0x736c6166 && load<u8>(at + 4) == 0x65 ? at + 5 : 0;
  }
  if (byte == 0x2d) byte = load<u8>(++at);
  const digits = at;
  at = digitsEnd(digits);
  if (at == digits || (byte == 0x30 && at != digits + 1)) return 0;
  let next: u32 = load<u8>(at);
  if (next == 0x2e) {
    const fraction = at + 1;
    at = digitsEnd(fraction);
    if (at == fraction) return 0;
    next = load<u8>(at);
  } else if ((next | 0x20) != 0x65 && (at - digits > 16 || (at - digits == 16 && byte == 0x39))) seen |= WIDE;
  if ((next | 0x20) == 0x65) {
    next = load<u8>(++at);
    if (next == 0x2b || next == 0x2d) at++;
    const exponent = at;
    at = digitsEnd(exponent);
    if (at == exponent) return 0;
  }
  return at - start > <usize>longest ? 0 : at;
}

/** Checks one value of JSON and returns where it ends, with WIDE and HIGH; 0 where it is malformed or nests too deep. */
export function json(start: usize, maxDepth: i32, longestNumber: i32): usize {
  let at = spaceEnd(start);
  seen = 0;
  let level = 0;
  let closer: u32 = 0;
  while (true) {
    let byte: u32 = load<u8>(at);
    if (byte <= 0x20) {
      at = spaceEnd(at);
      byte = load<u8>(at);
    }
    if (closer == 0x7d) {
      if (byte != QUOTE) return 0;
      at = stringEnd(at + 1);
      if (at == 0) return 0;
      byte = load<u8>(at);
      if (byte <= 0x20) {
        at = spaceEnd(at);
        byte = load<u8>(at);
      }
      if (byte != COLON) return 0;
      byte = load<u8>(++at);
      if (byte <= 0x20) {
        at = spaceEnd(at);
        byte = load<u8>(at);
      }
    }
    if (byte == QUOTE) {
      at = stringEnd(at + 1);
      if (at == 0) return 0;
    } else if (byte == 0x5b || byte == 0x7b) {
      if (level == maxDepth) return 0;
      store<u8>(level++, <u8>closer, LEVELS);
      closer = byte + 2;
      byte = load<u8>(++at);
      if (byte <= 0x20) {
        at = spaceEnd(at);
        byte = load<u8>(at);
      }
      if (byte != closer) continue;
    } else {
      at = scalarEnd(at, longestNumber);
      if (at == 0) return 0;
    }
    for (; level > 0; at++) {
      byte = load<u8>(at);
      if (byte <= 0x20) {
        at = spaceEnd(at);
        byte = load<u8>(at);
      }
      if (byte == COMMA) break;
      if (byte != closer) return 0;
      closer = load<u8>(--level, LEVELS);
    }
    if (level == 0) return at | seen;
    at++;
  }
}

const TEXT: u32 = 0x20;
const LIST: u32 = 0x40;
const DICT: u32 = 0x60;

/** Whether the bytes are ASCII; behind them stand 32 that may be read. */
@inline
function isAscii(start: usize, length: usize): bool {
  if (length <= 16) {
    // bits beyond the text are cut off
    return (i8x16.bitmask(v128.load(start)) & ((1 << <i32>length) - 1)) == 0;
  }
  return isLongAscii(start, length);
}

function isLongAscii(start: usize, length: usize): bool {
  let at = start;
  const last = start + length - 16;
  for (; at < last; at += 16) if (v128.any_true(v128.and(v128.load(at), i8x16.splat(-128)))) return false;
  return !v128.any_true(v128.and(v128.load(last), i8x16.splat(-128)));
}

function isUtf8(start: usize, end: usize): bool {
  let at = start;
  while (at < end) {
    const lead: u32 = load<u8>(at);
    if (lead < 0x80) {
      at++;
      continue;
    }
    const length: usize = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0xc2 || lead > 0xf4 || at + length > end) return false;
    const second: u32 = load<u8>(at, 1);
    if ((second & 0xc0) != 0x80) return false;
    if (length > 2) {
      if ((load<u8>(at, 2) & 0xc0) != 0x80) return false;
      if (lead == 0xe0 ? second < 0xa0 : lead == 0xed && second > 0x9f) return false;
      if (length > 3) {
        if ((load<u8>(at, 3) & 0xc0) != 0x80) return false;
        if (lead == 0xf0 ? second < 0x90 : lead == 0xf4 && second > 0x8f) return false;
      }
    }
    at += length;
  }
  return true;
}

@inline
function isText(start: usize, length: usize): bool {
  return isAscii(start, length) || isUtf8(start, start + length);
}

/** Checks one value of MessagePack and returns where it ends; 0 where it is malformed or nests too deep. */
export function msgpack(start: usize, end: usize, maxDepth: i32): usize {
  let at = start;
  let level = 0;
  let left: u32 = 1; // items to come at this level, keys counted apart
  let dict: bool = false;
  while (true) {
    if (left == 0) {
      if (level == 0) return at <= end ? at : 0;
      level--;
      const kept = load<u32>(<usize>level << 2, LEVELS);
      left = kept & 0x7fffffff;
      dict = kept >> 31 != 0;
      continue;
    }
    left--;
    if (at >= end) return 0;
    let head: u32 = load<u8>(at);
    if (dict) {
      let length: usize;
      if ((head & 0xe0) == 0xa0) {
        length = head & 0x1f;
        at += 1;
      } else if (head == 0xd9) {
        length = load<u8>(at, 1);
        at += 2;
      } else if (head == 0xda) {
        length = bswap<u16>(load<u16>(at, 1));
        at += 3;
      } else if (head == 0xdb) {
        length = bswap<u32>(load<u32>(at, 1));
        at += 5;
      } else return 0;
      if (length > end - at || !isText(at, length)) return 0;
      at += length;
      if (at >= end) return 0;
      head = load<u8>(at);
    }
    if (head < 0x80 || head >= 0xe0) {
      at++;
      continue;
    }
    let count: u32 = 0;
    let isDict: bool = false;
    if (head >= 0xa0) {
      let length: usize;
      if (head < 0xc0) {
        length = head & 0x1f;
        at += 1;
      } else if (head < 0xd4) {
        if (head >= 0xca || head == 0xc0 || head == 0xc2 || head == 0xc3) {
          // constants and numbers
          at += 1 + (head < 0xca ? 0 : head == 0xca ? 4 : head == 0xcb ? 8 : 1 << ((head - 0xcc) & 3));
          if (at > end) return 0;
          continue;
        }
        const skipped = skip(at, end, head);
        if (skipped == 0) return 0;
        at = skipped;
        continue;
      } else if (head < 0xd9) {
        at += 2 + (1 << (head - 0xd4));
        if (at > end) return 0;
        continue;
      } else if (head == 0xd9) {
        length = load<u8>(at, 1);
        at += 2;
      } else if (head == 0xda) {
        length = bswap<u16>(load<u16>(at, 1));
        at += 3;
      } else if (head == 0xdb) {
        length = bswap<u32>(load<u32>(at, 1));
        at += 5;
      } else {
        if ((head & 1) == 0) {
          count = bswap<u16>(load<u16>(at, 1));
          at += 3;
        } else {
          count = bswap<u32>(load<u32>(at, 1));
          at += 5;
        }
        isDict = head >= 0xde;
        length = -1;
      }
      if (length != -1) {
        if (at > end || length > end - at || !isText(at, length)) return 0;
        at += length;
        continue;
      }
    } else {
      count = head & 0x0f;
      isDict = head < 0x90;
      at++;
    }
    if (at > end || <u64>count << (isDict ? 1 : 0) > <u64>(end - at) || level == maxDepth) return 0;
    store<u32>(<usize>level << 2, left | (dict ? 0x80000000 : 0), LEVELS);
    level++;
    left = count;
    dict = isDict;
  }
}

/** Binary and extensions. */
function skip(start: usize, end: usize, head: u32): usize {
  if (head == 0xc1) return 0;
  const at = start + 1;
  const kind = head - 0xc4; // bin 8 16 32, ext 8 16 32
  const size = kind % 3;
  const length: u64 = size == 0 ? load<u8>(at) : size == 1 ? bswap<u16>(load<u16>(at)) : bswap<u32>(load<u32>(at));
  const from: u64 = at + (1 << size) + (kind >= 3 ? 1 : 0);
  return from + length <= <u64>end ? <usize>(from + length) : 0;
}

/** Does the same for CBOR; 0 also stands for tags, indefinite lengths and simple values that are rare. */
export function cbor(start: usize, end: usize, maxDepth: i32): usize {
  let at = start;
  let level = 0;
  let left: u32 = 1;
  let dict: bool = false;
  while (true) {
    if (left == 0) {
      if (level == 0) return at <= end ? at : 0;
      level--;
      const kept = load<u32>(<usize>level << 2, LEVELS);
      left = kept & 0x7fffffff;
      dict = kept >> 31 != 0;
      continue;
    }
    left--;
    if (dict) {
      if (at >= end) return 0;
      const head: u32 = load<u8>(at++);
      if (head >> 5 != 3) return 0;
      let length: usize = head & 0x1f;
      if (length >= 24) {
        if (length > 26) return 0;
        const width: usize = 1 << (length - 24);
        length = length == 24 ? load<u8>(at) : length == 25 ? bswap<u16>(load<u16>(at)) : bswap<u32>(load<u32>(at));
        at += width;
      }
      if (at > end || length > end - at || !isText(at, length)) return 0;
      at += length;
    }
    if (at >= end) return 0;
    let head: u32 = load<u8>(at++);
    let info = head & 0x1f;
    if (head < 0x40) {
      if (info > 27) return 0;
      if (info >= 24) at += 1 << (info - 24);
      if (at > end) return 0;
      continue;
    }
    if (head >= 0xe0) {
      if (info < 20 || info > 27) return 0;
      if (info >= 24) {
        if (info == 24) return 0;
        at += 1 << (info - 24);
        if (at > end) return 0;
      }
      continue;
    }
    if (head >= 0xc0) return 0;
    let length: u32 = info;
    if (info >= 24) {
      if (info > 26) return 0;
      length = info == 24 ? load<u8>(at) : info == 25 ? bswap<u16>(load<u16>(at)) : bswap<u32>(load<u32>(at));
      at += 1 << (info - 24);
      if (at > end) return 0;
    }
    if (head < 0x80) {
      if (length > <u32>(end - at)) return 0;
      if (head >= 0x60 && !isText(at, length)) return 0;
      at += length;
      continue;
    }
    const isDict = head >= 0xa0;
    if (<u64>length << (isDict ? 1 : 0) > <u64>(end - at) || level == maxDepth) return 0;
    store<u32>(<usize>level << 2, left | (dict ? 0x80000000 : 0), LEVELS);
    level++;
    left = length;
    dict = isDict;
  }
}
