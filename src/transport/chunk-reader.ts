import { freeBuffer } from "./free-buffer.js";

/** From this size on, in bytes, the partial frame in a chunk is copied at once, so that the chunk can be released. */
const LARGE_BYTES = 16 * 1024;
/** The maximum memory allocated for a large frame before its bytes arrive, in bytes. */
const AHEAD_BYTES = 72 * 1024;

/**
 * Reads frames from network chunks. A frame within one chunk is not copied. A frame in several chunks is assembled in a buffer
 * that doubles in size, so that neither many nor small chunks are expensive. A chunk whose bytes have all been copied is released
 * at once.
 */
export abstract class ChunkReader {
  /** Whether reading has ended for good. */
  protected over = false;
  #held: Buffer | undefined; // its first `#heldBytes` bytes are an incomplete frame
  #heldBytes = 0;
  #neededBytes = 0; // to continue with the incomplete frame
  #chunkIsUsed = false; // views of the chunk may exist
  #isHeldLarge = false; // `holds` was told of the incomplete frame

  /** Whether reading is paused. */
  protected abstract readonly stopped: boolean;

  /** Reads the frame at `at`. Returns its end, or the result of `wait` if more bytes are needed. */
  protected abstract frame(bytes: Buffer, at: number): number;

  /**
   * Reads a chunk. Returns the unread rest if reading was paused; the caller passes it again later. `isOwn` means that nobody
   * else uses the chunk's memory, which is then released when it is no longer needed.
   */
  read(chunk: Buffer, isOwn = false): Buffer | undefined {
    let at = 0;
    this.#chunkIsUsed = false;
    while (at < chunk.length && !this.over) {
      if (this.stopped) return chunk.subarray(at);
      at = this.#heldBytes > 0 ? this.#complete(chunk, at) : this.#next(chunk, at);
    }
    if (isOwn && !this.#chunkIsUsed && chunk.length >= LARGE_BYTES && isWhole(chunk)) freeBuffer(chunk);
    return undefined;
  }

  /** Called with the memory that a large incomplete frame uses, in bytes, whenever it changes; 0 once the frame is complete. */
  protected holds(_bytes: number): void {}

  /** Waits for more bytes: the frame at `at` needs `neededBytes` to continue. */
  protected wait(at: number, neededBytes: number): number {
    this.#neededBytes = neededBytes;
    return at;
  }

  /** Reads the frame at `at`. Returns the end of what was consumed. An incomplete frame is kept. */
  #next(chunk: Buffer, at: number): number {
    const end = this.frame(chunk, at);
    if (end === at && this.#neededBytes >= LARGE_BYTES) {
      const bytes = chunk.length - at;
      this.#held = Buffer.allocUnsafeSlow(Math.min(this.#neededBytes, Math.max(2 * bytes, AHEAD_BYTES)));
      this.#heldBytes = chunk.copy(this.#held, 0, at);
      this.#holdsLarge(this.#held.length);
      return chunk.length;
    }
    this.#chunkIsUsed = true;
    if (end !== at) return end;
    this.#held = at === 0 ? chunk : chunk.subarray(at);
    this.#heldBytes = chunk.length - at;
    return chunk.length;
  }

  /** Takes the missing bytes of the incomplete frame from a chunk. */
  #complete(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#neededBytes - this.#heldBytes);
    const held = this.#hold(chunk, at, end);
    if (this.#heldBytes < this.#neededBytes) return end;
    const bytes = held.subarray(0, this.#neededBytes);
    this.#held = undefined;
    this.#heldBytes = 0;
    if (this.#isHeldLarge) this.#holdsLarge(0);
    if (this.frame(bytes, 0) === 0) {
      this.#held = bytes; // the frame's length has just become known
      this.#heldBytes = bytes.length;
    }
    return end;
  }

  #hold(chunk: Buffer, at: number, end: number): Buffer {
    let held = this.#held as Buffer; // an incomplete frame exists
    const bytes = this.#heldBytes + end - at;
    if (bytes > held.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#neededBytes, Math.max(bytes, 2 * held.length)));
      held.copy(larger, 0, 0, this.#heldBytes);
      held = larger;
      this.#holdsLarge(held.length);
    }
    chunk.copy(held, this.#heldBytes, at, end);
    this.#held = held;
    this.#heldBytes = bytes;
    return held;
  }

  #holdsLarge(bytes: number): void {
    this.#isHeldLarge = bytes > 0;
    this.holds(bytes);
  }
}

/** Returns whether the bytes are the whole of their memory. */
function isWhole(bytes: Buffer): boolean {
  return bytes.length === bytes.buffer.byteLength;
}
