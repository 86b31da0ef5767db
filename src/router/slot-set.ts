const CHUNK = 32; // words

/**
 * A set of small integers (slots) as a bit set. Its first word is stored inline, since most sets have only one. Further words are
 * in chunks, which are allocated on demand.
 */
export class SlotSet {
  #index = 0;
  #bits = 0;
  #chunks: Map<number, Int32Array> | undefined; // index of a word / CHUNK → words
  #chunk: Int32Array | undefined; // the last accessed chunk: words are accessed in order
  #chunkIndex = -1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Returns the slots from 32 × index to 32 × index + 31 as bits. */
  word(index: number): number {
    if (index === this.#index) return this.#bits;
    return this.#chunks === undefined ? 0 : (this.#chunkOf(index)?.[index % CHUNK] ?? 0);
  }

  /** Visits every nonzero word. */
  each(visit: (index: number, bits: number) => void): void {
    if (this.#bits !== 0) visit(this.#index, this.#bits);
    for (const [chunkIndex, words] of this.#chunks ?? []) {
      for (const [offset, bits] of words.entries()) if (bits !== 0) visit(chunkIndex * CHUNK + offset, bits);
    }
  }

  add(slot: number): void {
    const index = slot >>> 5;
    if (this.#size++ === 0) this.#index = index;
    this.#set(index, this.word(index) | (1 << (slot & 31)));
  }

  delete(slot: number): void {
    const index = slot >>> 5;
    this.#size--;
    this.#set(index, this.word(index) & ~(1 << (slot & 31)));
  }

  #set(index: number, bits: number): void {
    if (index === this.#index) {
      this.#bits = bits;
      return;
    }
    const words = this.#chunkOf(index) ?? new Int32Array(CHUNK);
    words[index % CHUNK] = bits;
    this.#chunks ??= new Map();
    this.#chunks.set(Math.floor(index / CHUNK), words);
    this.#chunk = words;
  }

  #chunkOf(index: number): Int32Array | undefined {
    const chunkIndex = Math.floor(index / CHUNK);
    if (chunkIndex !== this.#chunkIndex) {
      this.#chunkIndex = chunkIndex;
      this.#chunk = this.#chunks?.get(chunkIndex);
    }
    return this.#chunk;
  }
}

export const NO_SLOTS: SlotSet = new SlotSet();

/** The patterns that may still match in a lookup, as nonzero words of slots. */
export class Candidates {
  #indexes: number[] = [];
  #bits: number[] = [];

  /** Starts with the patterns of two disjoint sets. */
  constructor(some: SlotSet, others: SlotSet) {
    some.each((index, bits) => this.#push(index, bits | others.word(index)));
    others.each((index, bits) => {
      if (some.word(index) === 0) this.#push(index, bits);
    });
  }

  get isEmpty(): boolean {
    return this.#indexes.length === 0;
  }

  /** Removes patterns that are in neither of two sets. */
  keep(some: SlotSet, others: SlotSet): void {
    const [indexes, bits] = [this.#indexes, this.#bits];
    let kept = 0;
    for (let at = 0; at < indexes.length; at++) {
      const index = indexes[at] as number;
      const left = (bits[at] as number) & (some.word(index) | others.word(index));
      if (left === 0) continue;
      indexes[kept] = index;
      bits[kept++] = left;
    }
    indexes.length = kept;
    bits.length = kept;
  }

  /** Removes patterns that are not in a set, unless that would remove all. */
  prefer(set: SlotSet): void {
    if (this.#indexes.some((index, at) => (set.word(index) & (this.#bits[at] as number)) !== 0))
      this.keep(set, NO_SLOTS);
  }

  /** Yields the remaining slots, in order within each word. */
  *slots(): Generator<number> {
    for (const [at, index] of this.#indexes.entries()) {
      for (let bits = this.#bits[at] as number; bits !== 0; bits &= bits - 1) yield index * 32 + lowestBit(bits);
    }
  }

  #push(index: number, bits: number): void {
    this.#indexes.push(index);
    this.#bits.push(bits);
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
