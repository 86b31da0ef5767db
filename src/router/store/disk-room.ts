import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";

/** How much more a file grows by than it must, so that most writes find room. */
const STEP_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(64 * 1024);

/**
 * Makes sure that there is room on the disk before LMDB writes: a write of LMDB's that fails for want of space overruns a buffer in
 * its native code (`sprintf` into 100 bytes, mdb.c of lmdb 3.5), which ends the process sooner or later.
 */
export class DiskRoom {
  readonly #file: string;
  #length: number;

  /** For a file that LMDB has made. */
  constructor(file: string) {
    this.#file = file;
    this.#length = withFile(file, "r+", (handle) => fstatSync(handle).size);
  }

  /** Extends the file with zeros until it is this long. Where there is no room it throws, and leaves the file as it was. */
  extendTo(length: number): void {
    if (length <= this.#length) return;
    this.#length = withFile(this.#file, "r+", (handle) => this.#extend(handle, length + STEP_BYTES));
  }

  /** Begins at the length as it is now: what is in front of it is LMDB's. */
  #extend(handle: number, wanted: number): number {
    const { size } = fstatSync(handle);
    try {
      fillWithZeros(handle, size, wanted);
    } catch (error) {
      ftruncateSync(handle, size);
      throw noRoom(this.#file, error);
    }
    return Math.max(size, wanted);
  }
}

/** Throws where no file of this length could be written beside another, which need not be there yet. */
export function checkRoomBeside(file: string, length: number): void {
  const trial = `${file}.room`;
  try {
    withFile(trial, "w", (handle) => fillWithZeros(handle, 0, length));
  } catch (error) {
    throw noRoom(file, error);
  } finally {
    rmSync(trial, { force: true });
  }
}

function noRoom(file: string, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${file} cannot be given more room on its disk: ${why}`, { cause });
}

function fillWithZeros(handle: number, start: number, end: number): void {
  for (let at = start; at < end; ) at += writeSync(handle, ZEROS, 0, Math.min(ZEROS.length, end - at), at);
}

function withFile<T>(file: string, flags: string, use: (handle: number) => T): T {
  const handle = openSync(file, flags);
  try {
    return use(handle);
  } finally {
    closeSync(handle);
  }
}
