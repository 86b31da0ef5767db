import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";

/** The extra size by which a file grows, so that most writes find space, in bytes. */
const STEP_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(64 * 1024);

/**
 * Reserves disk space before LMDB writes. A write of LMDB that fails for lack of space overruns a buffer in its native code
 * (`sprintf` into 100 bytes, mdb.c of lmdb 3.5), which ends the process sooner or later.
 */
export class DiskRoom {
  readonly #file: string;
  #length: number;

  /** `file` is a file that LMDB has created. */
  constructor(file: string) {
    this.#file = file;
    this.#length = withFile(file, "r+", (handle) => fstatSync(handle).size);
  }

  /** Extends the file with zeros to this length. If there is no space, throws and leaves the file as it was. */
  extendTo(length: number): void {
    if (length <= this.#length) return;
    this.#length = withFile(this.#file, "r+", (handle) => this.#extend(handle, length + STEP_BYTES));
  }

  /** Writes zeros after the current end. LMDB owns everything before it. */
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

/** Throws if a file of this length could not be written beside `file`, which need not exist. */
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
  return new Error(`${file} cannot get more space on its disk: ${why}`, { cause });
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
