import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { endianness } from "node:os";
import { checkTrees, readPlainTree, readTree, TREE_BYTES, type TreeRoot } from "./lmdb-tree.js";

/**
 * Checks a database file before LMDB opens it. LMDB maps the file into memory and trusts it: a damaged file ends the process with
 * SIGSEGV or SIGBUS instead of an exception. Checks both meta pages, the length, and the shape of all trees, but not the values. A
 * missing or empty file is a new one and passes. Throws an `Error` that names the file, the damage and the remedy.
 */
export function checkLmdbFile(file: string): void {
  if (endianness() !== "LE" || process.arch === "arm" || process.arch === "ia32") return; // their layout differs
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    const fault = findFault(handle);
    if (fault === undefined) return;
    throw new Error(
      `${file} is damaged, or not an LMDB database: ${fault}; restore it from a backup, or move it away to start with an empty store`,
    );
  } finally {
    closeSync(handle);
  }
}

interface Meta {
  readonly lastPage: number;
  readonly transaction: number;
  readonly free: TreeRoot;
  readonly main: TreeRoot;
}

const PAGE_HEADER_BYTES = 24;
const META_FLAG = 8;
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const OUR_FLAGS = 0x4008; // MDB_NOSUBDIR, and the keys of the free list are integers
const IGNORED_FLAGS = 0x1000; // MDB_OVERLAPPINGSYNC, which lmdb-js sets unless it is told not to
const META_BYTES = 144; // struct MDB_meta, with lmdb-js's boot_id

function findFault(handle: number): string | undefined {
  const { size } = fstatSync(handle);
  if (size === 0) return undefined;
  const read = (length: number, position: number) => {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(handle, bytes, 0, length, position));
  };
  const head = read(PAGE_HEADER_BYTES + META_BYTES, 0);
  if (head.length < PAGE_HEADER_BYTES + META_BYTES) return `it has ${size} bytes, too few for a database`;
  if (head.readUInt32LE(PAGE_HEADER_BYTES) !== MAGIC) return "it does not begin as LMDB's files do";
  const pageSize = head.readUInt32LE(PAGE_HEADER_BYTES + 24);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return `its page size is ${pageSize}`;
  if (size < 2 * pageSize) return `it has ${size} bytes, and its two first pages take ${2 * pageSize}`;

  const metas: Meta[] = [];
  for (const index of [0, 1]) {
    const meta = readMeta(read(PAGE_HEADER_BYTES + META_BYTES, index * pageSize), { index, size, pageSize });
    if (typeof meta === "string") return `meta page ${index}: ${meta}`;
    metas.push(meta);
  }
  const [one, other] = metas as [Meta, Meta];
  if (Math.abs(one.transaction - other.transaction) > 1) {
    return `its meta pages are of transactions ${one.transaction} and ${other.transaction}, which do not follow one another`;
  }
  const readPage = (page: number) => read(pageSize, page * pageSize);
  for (const { main, transaction } of metas) {
    if (main.page === undefined || isWrittenBy(readPage(main.page), transaction)) continue;
    return `page ${main.page} is not what its transaction ${transaction} has written`;
  }
  const { lastPage, transaction, free, main } = one.transaction >= other.transaction ? one : other;
  return checkTrees({ pageSize, lastPage, transaction, read: readPage }, [free, main]);
}

/**
 * Returns whether a transaction wrote a page. Each transaction writes the root of the main tree, and the root before the newest is
 * still intact.
 */
function isWrittenBy(page: Buffer, transaction: number): boolean {
  return page.length >= PAGE_HEADER_BYTES && page.readBigUInt64LE(8) === BigInt(transaction);
}

/** Reads a meta page. Returns the reason if it is not one. */
function readMeta(
  page: Buffer,
  { index, size, pageSize }: { readonly index: number; readonly size: number; readonly pageSize: number },
): Meta | string {
  const meta = page.subarray(PAGE_HEADER_BYTES);
  if (page.readBigUInt64LE(0) !== BigInt(index)) return `it claims to be page ${page.readBigUInt64LE(0)}`;
  if (page.readUInt16LE(18) !== META_FLAG) return "it is not marked as a meta page";
  if (meta.readUInt32LE(0) !== MAGIC) return "its magic number is wrong";
  if ((meta.readUInt32LE(4) & 0xffff) !== VERSION) return `its version is ${meta.readUInt32LE(4)}, expected ${VERSION}`;
  if (meta.readBigUInt64LE(8) !== 0n) return "it asks for a fixed address";
  if (meta.readUInt32LE(24) !== pageSize) return `its page size is ${meta.readUInt32LE(24)}, expected ${pageSize}`;
  const lastPage = Number(meta.readBigUInt64LE(120));
  if (lastPage < 1 || (lastPage + 1) * pageSize > size) {
    return `it needs ${lastPage + 1} pages of ${pageSize} bytes, and the file has ${size} bytes`;
  }
  if ((meta.readUInt16LE(28) & ~IGNORED_FLAGS) !== OUR_FLAGS) return "it was created with other options";
  const free = readTree(meta.subarray(24), lastPage);
  if (typeof free === "string") return free;
  const main = readPlainTree(meta.subarray(24 + TREE_BYTES), lastPage);
  if (typeof main === "string") return main;
  const transaction = Number(meta.readBigUInt64LE(128));
  if (transaction !== 0 && transaction % 2 !== index) return `transaction ${transaction} belongs in the other one`;
  return { lastPage, transaction, free, main };
}
