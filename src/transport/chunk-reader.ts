/**
 * Reads frames out of chunks from the network. A frame that came in one chunk is read where it lies; one that comes in several is put
 * together in a buffer that grows by doubling, so that neither many chunks nor small ones cost much.
 */
export abstract class ChunkReader {
  /** Whether nothing more is read, ever. */
  protected over = false;
  #held: Buffer | undefined; // its first `#heldBytes` bytes are the start of a frame that has not come whole
  #heldBytes = 0;
  #neededBytes = 0; // for the next step with what is held

  /** Whether nothing more is to be read for now. */
  protected abstract readonly stopped: boolean;

  /** Reads the frame that begins here and returns where it ends; returns what `wait` does where more bytes are needed. */
  protected abstract frame(bytes: Buffer, at: number): number;

  /** Returns what is left, because reading has stopped: to be given to it again later. */
  read(chunk: Buffer): Buffer | undefined {
    let at = 0;
    while (at < chunk.length && !this.over) {
      if (this.stopped) return chunk.subarray(at);
      at = this.#heldBytes > 0 ? this.#complete(chunk, at) : this.#next(chunk, at);
    }
    return undefined;
  }

  /** The frame that begins here takes so many bytes until the next step. */
  protected wait(at: number, neededBytes: number): number {
    this.#neededBytes = neededBytes;
    return at;
  }

  /** Reads the frame that begins here, and returns how far it came. One that has not come whole is held for the rest. */
  #next(bytes: Buffer, at: number): number {
    const end = this.frame(bytes, at);
    if (end !== at) return end;
    this.#held = at === 0 ? bytes : bytes.subarray(at);
    this.#heldBytes = bytes.length - at;
    return bytes.length;
  }

  /** Takes what the held frame lacks, and no more. */
  #complete(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#neededBytes - this.#heldBytes);
    const held = this.#hold(chunk, at, end);
    if (this.#heldBytes < this.#neededBytes) return end;
    this.#held = undefined;
    this.#heldBytes = 0;
    this.#next(held.subarray(0, this.#neededBytes), 0); // whose length may only be known now
    return end;
  }

  #hold(chunk: Buffer, at: number, end: number): Buffer {
    let held = this.#held as Buffer; // something is held
    const bytes = this.#heldBytes + end - at;
    if (bytes > held.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#neededBytes, Math.max(bytes, 2 * held.length)));
      held.copy(larger, 0, 0, this.#heldBytes);
      held = larger;
    }
    chunk.copy(held, this.#heldBytes, at, end);
    this.#held = held;
    this.#heldBytes = bytes;
    return held;
  }
}
