import { exact, ValueDecoder } from "./value-decoder.js";

/** Decodes MessagePack. Integers are numbers up to ±(2^53−1) and BigInts beyond. Extension types are decoded as binary. */
export class MsgpackDecoder extends ValueDecoder {
  protected value(): unknown {
    const head = this.#byte();
    if (head < 0x80) return head;
    if (head < 0x90) return this.dict(head & 0x0f);
    if (head < 0xa0) return this.list(head & 0x0f);
    if (head < 0xc0) return this.text(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    return head < 0xca ? this.#constantOrBinary(head) : head < 0xd4 ? this.#number(head) : this.#sized(head);
  }

  protected key(): string {
    const head = this.#byte();
    return this.keyText(head < 0xc0 ? head & 0x1f : this.#length(head - 0xd9));
  }

  #constantOrBinary(head: number): unknown {
    if (head === 0xc0) return null;
    if (head < 0xc4) return head === 0xc3;
    if (head < 0xc7) return this.binary(this.#length(head - 0xc4));
    return this.#extension(this.#length(head - 0xc7));
  }

  #number(head: number): number | bigint {
    switch (head) {
      case 0xca:
        return this.view.getFloat32(this.pass(4));
      case 0xcb:
        return this.view.getFloat64(this.pass(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#length(head - 0xcc);
      case 0xcf:
        return exact(this.view.getBigUint64(this.pass(8)));
      case 0xd0:
        return this.view.getInt8(this.pass(1));
      case 0xd1:
        return this.view.getInt16(this.pass(2));
      case 0xd2:
        return this.view.getInt32(this.pass(4));
      default:
        return exact(this.view.getBigInt64(this.pass(8)));
    }
  }

  #sized(head: number): unknown {
    if (head < 0xd9) return this.#extension(1 << (head - 0xd4));
    if (head < 0xdc) return this.text(this.#length(head - 0xd9));
    if (head < 0xde) return this.list(this.#length(head - 0xdb));
    return this.dict(this.#length(head - 0xdd));
  }

  /** Reads the bytes of an extension. JavaScript clients encode `undefined` as extension type 0. */
  #extension(length: number): Uint8Array | undefined {
    const type = this.#byte();
    const bytes = this.binary(length);
    return this.keepsUndefined && type === 0 && length === 1 ? undefined : bytes;
  }

  /** Reads an unsigned integer of 1, 2 or 4 bytes, for `width` 0, 1 or 2. */
  #length(width: number): number {
    if (width === 0) return this.#byte();
    return width === 1 ? this.view.getUint16(this.pass(2)) : this.view.getUint32(this.pass(4));
  }

  #byte(): number {
    return this.bytes[this.at++] as number;
  }
}
