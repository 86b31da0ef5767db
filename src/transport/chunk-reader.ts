import { freeBuffer } from "./free-buffer.js";

/** What a chunk has of a frame from so many bytes on is copied at once, so that the chunk can be given back. */
const LARGE_BYTES = 16 * 1024;
/** How many bytes are set aside for a large frame at most before they have come. */
const AHEAD_BYTES = 72 * 1024;

/**
 * Reads frames out of chunks from the network. A frame that came in one chunk is read where it lies; one that comes in several is put
 * together in a buffer that grows by doubling, so that neither many chunks nor small ones cost much. A chunk whose bytes have all been copied
 * is given back at once.
 */
export abstract class ChunkReader {
  /** Whether nothing more is read, ever. */
  protected over = false;
  #held: Buffer | undefined; // its first `#heldBytes` bytes are the start of a frame that has not come whole
  #heldBytes = 0;
  #neededBytes = 0; // for the next step with what is held
  #chunkIsUsed = false; // somebody may have a view of the chunk

  /** Whether nothing more is to be read for now. */
  protected abstract readonly stopped: boolean;

  /** Reads the frame that begins here and returns where it ends; returns what `wait` does where more bytes are needed. */
  protected abstract frame(bytes: Buffer, at: number): number;

  /**
   * Returns what is left, because reading has stopped: to be given to it again later. `isOwn` says that nobody else has the chunk's memory, which
   * is given back where nothing in it is needed any more.
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

  /** The frame that begins here takes so many bytes until the next step. */
  protected wait(at: number, neededBytes: number): number {
    this.#neededBytes = neededBytes;
    return at;
  }

  /** Reads the frame that begins here, and returns how far it came. One that has not come whole is held for the rest. */
  #next(chunk: Buffer, at: number): number {
    const end = this.frame(chunk, at);
    if (end === at && this.#neededBytes >= LARGE_BYTES) {
      const bytes = chunk.length - at;
      this.#held = Buffer.allocUnsafeSlow(Math.min(this.#neededBytes, Math.max(2 * bytes, AHEAD_BYTES)));
      this.#heldBytes = chunk.copy(this.#held, 0, at);
      return chunk.length;
    }
    this.#chunkIsUsed = true;
    if (end !== at) return end;
    this.#held = at === 0 ? chunk : chunk.subarray(at);
    this.#heldBytes = chunk.length - at;
    return chunk.length;
  }

  /** Takes what the held frame lacks, and no more. */
  #complete(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#neededBytes - this.#heldBytes);
    const held = this.#hold(chunk, at, end);
    if (this.#heldBytes < this.#neededBytes) return end;
    const bytes = held.subarray(0, this.#neededBytes);
    this.#held = undefined;
    this.#heldBytes = 0;
    if (this.frame(bytes, 0) === 0) {
      this.#held = bytes; // the frame's length is only known now
      this.#heldBytes = bytes.length;
    }
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

/** Whether the bytes are all that their memory holds. */
function isWhole(bytes: Buffer): boolean {
  return bytes.length === bytes.buffer.byteLength;
}
