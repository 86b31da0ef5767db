import { utf8Text } from "../bytes.js";
import { exact, ValueDecoder } from "./value-decoder.js";

const BREAK = 0xff;
const INDEFINITE = 31;
const TAG = 6;

/**
 * Decodes CBOR. Integers are numbers up to ±(2^53−1) and BigInts beyond. Tags are ignored, and unassigned simple values are
 * read as null.
 */
export class CborDecoder extends ValueDecoder {
  protected value(): unknown {
    let head = this.#byte();
    for (; head >> 5 === TAG; head = this.#byte()) this.#argument(head & 0x1f);
    const info = head & 0x1f;
    if (head >= 0xe0) return this.#special(info);
    if (info === INDEFINITE) return this.#indefinite(head >> 5);
    switch (head >> 5) {
      case 0:
        return this.#argument(info);
      case 1:
        return negative(this.#argument(info));
      case 2:
        return this.binary(Number(this.#argument(info)));
      case 3:
        return this.text(Number(this.#argument(info)));
      case 4:
        return this.list(Number(this.#argument(info)));
      default:
        return this.dict(Number(this.#argument(info)));
    }
  }

  protected key(): string {
    const info = this.#byte() & 0x1f;
    if (info !== INDEFINITE) return this.keyText(Number(this.#argument(info)));
    return textOf(this.#pieces());
  }

  #argument(info: number): number | bigint {
    if (info < 24) return info;
    if (info === 24) return this.#byte();
    if (info === 25) return this.view.getUint16(this.pass(2));
    if (info === 26) return this.view.getUint32(this.pass(4));
    return exact(this.view.getBigUint64(this.pass(8)));
  }

  #special(info: number): unknown {
    if (info === 20 || info === 21) return info === 21;
    if (info === 23 && this.keepsUndefined) return undefined;
    if (info === 25) return half(this.view.getUint16(this.pass(2)));
    if (info === 26) return this.view.getFloat32(this.pass(4));
    if (info === 27) return this.view.getFloat64(this.pass(8));
    if (info === 24) this.pass(1);
    return null;
  }

  #indefinite(major: number): unknown {
    if (major === 2) return this.#pieces();
    if (major === 3) return textOf(this.#pieces());
    if (major === 4) {
      const list: unknown[] = [];
      while (!this.#passBreak()) list.push(this.value());
      return list;
    }
    const dict: Record<string, unknown> = {};
    while (!this.#passBreak()) this.member(dict);
    return dict;
  }

  /** Reads a string or binary of indefinite length as one. */
  #pieces(): Uint8Array {
    const pieces: Uint8Array[] = [];
    let length = 0;
    while (!this.#passBreak()) {
      const size = Number(this.#argument(this.#byte() & 0x1f));
      const start = this.pass(size);
      pieces.push(this.bytes.subarray(start, this.at));
      length += size;
    }
    const whole = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  #passBreak(): boolean {
    if (this.bytes[this.at] !== BREAK) return false;
    this.at++;
    return true;
  }

  #byte(): number {
    return this.bytes[this.at++] as number;
  }
}

function textOf(bytes: Uint8Array): string {
  return utf8Text(bytes, 0, bytes.length);
}

/** Returns -1 - n for an argument n. */
function negative(argument: number | bigint): number | bigint {
  return typeof argument === "number" && argument < Number.MAX_SAFE_INTEGER ? -1 - argument : -1n - BigInt(argument);
}

/** Decodes a 16-bit float: one sign bit, five bits of exponent, ten of fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1_024) * 2 ** (exponent - 15);
}
