import { allocate } from "../../wire/bytes.js";
import type { FrameJoiner } from "../frame-joiner.js";
import { firstByte, headerLength, messageLength, writeHeader } from "./frame.js";

/** The maximum header length of a frame up to 64 KiB, in bytes. */
const HEADROOM = 4;

/** Combines unmasked frames, each with its own batch, into one. Control frames stay separate and follow it. */
export class BatchJoiner implements FrameJoiner {
  readonly headroom: number = HEADROOM;
  readonly #first: number;

  constructor(binary: boolean) {
    this.#first = firstByte(binary);
  }

  contentStart(frame: Uint8Array): number | undefined {
    return this.#isBatch(frame) ? frame.length - messageLength(frame.length) : undefined;
  }

  join(frames: readonly Uint8Array[], bytes: number, room?: Uint8Array): Uint8Array {
    let length = 0;
    let controls = 0;
    for (const frame of frames) {
      if (this.#isBatch(frame)) length += messageLength(frame.length);
      else controls += frame.length;
    }
    if (length === 0) return Buffer.concat(frames, bytes);
    const start = headerLength(length);
    const size = start + length + controls;
    const joined = room?.subarray(0, size) ?? allocate(size);
    // From last to first: each frame is copied whole, and the end of the frame before it overwrites its header.
    let batchEnd = start + length;
    let end = joined.length;
    for (let index = frames.length - 1; index >= 0; index--) {
      const frame = frames[index] as Uint8Array;
      if (this.#isBatch(frame)) {
        joined.set(frame, batchEnd - frame.length);
        batchEnd -= messageLength(frame.length);
      } else {
        end -= frame.length;
        joined.set(frame, end);
      }
    }
    writeHeader(joined, 0, { length, first: this.#first, maskBit: 0 });
    return joined;
  }

  seal(bytes: Uint8Array, end: number): Uint8Array {
    const length = end - HEADROOM;
    const start = HEADROOM - headerLength(length);
    writeHeader(bytes, start, { length, first: this.#first, maskBit: 0 });
    return bytes.subarray(start, end);
  }

  #isBatch(frame: Uint8Array): boolean {
    return frame[0] === this.#first;
  }
}
