/** What is known of a database that looks sound: reads its pages. */
export interface LmdbPages {
  readonly pageSize: number;
  readonly lastPage: number;
  /** `undefined` beyond the end. */
  read(page: number): Buffer;
}

/** The root of a tree of pages, as a meta page or a leaf describes it. */
export interface TreeRoot {
  /** `undefined` for an empty tree. */
  readonly page: number | undefined;
  readonly depth: number;
}

const PAGE_HEADER_BYTES = 24;
const NODE_HEADER_BYTES = 8;
export const TREE_BYTES = 48; // struct MDB_db
const NO_PAGE = 2n ** 64n - 1n;
const OVERFLOW_REFERENCE_BYTES = 24; // struct MDB_ovpage
const [BRANCH, LEAF, OVERFLOW] = [1, 2, 4];
const KIND = BRANCH | LEAF | OVERFLOW;
const [BIG_DATA, SUB_TREE] = [1, 2];

/** Checks that all pages of some trees are where they should be, and that what they hold lies within them. Returns what is wrong. */
export function checkTree(pages: LmdbPages, roots: readonly TreeRoot[]): string | undefined {
  const pending: TreeRoot[] = [...roots];
  let visited = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (next.page === undefined) continue;
    if (++visited > pages.lastPage) return "its trees have a loop";
    const fault = checkPage(pages, next, pending);
    if (fault !== undefined) return `page ${next.page}: ${fault}`;
  }
  return undefined;
}

function checkPage(pages: LmdbPages, { page, depth }: TreeRoot, pending: TreeRoot[]): string | undefined {
  const bytes = pages.read(page as number);
  const expected = depth > 1 ? BRANCH : LEAF;
  if (Number(bytes.readBigUInt64LE(0)) !== page) return `it says to be page ${bytes.readBigUInt64LE(0)}`;
  if ((bytes.readUInt16LE(18) & KIND) !== expected) return `expected a ${depth > 1 ? "branch" : "leaf"} page`;
  const [lower, upper] = [bytes.readUInt16LE(20), bytes.readUInt16LE(22)];
  if (lower % 2 !== 0 || lower > upper || upper > pages.pageSize - PAGE_HEADER_BYTES) return "its bounds are wrong";
  if (lower === 0 && depth > 1) return "it is an empty branch";
  for (let offset = 0; offset < lower; offset += 2) {
    const at = bytes.readUInt16LE(PAGE_HEADER_BYTES + offset) + PAGE_HEADER_BYTES;
    if (at < PAGE_HEADER_BYTES + upper || at + NODE_HEADER_BYTES > pages.pageSize) return "an entry lies outside of it";
    const fault =
      depth > 1
        ? checkBranchNode(pages, bytes.subarray(at), { depth, pending })
        : checkLeafNode(pages, bytes.subarray(at), pending);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkBranchNode(
  pages: LmdbPages,
  node: Buffer,
  { depth, pending }: { readonly depth: number; readonly pending: TreeRoot[] },
): string | undefined {
  const child = node.readUInt32LE(0) + node.readUInt16LE(4) * 2 ** 32;
  if (NODE_HEADER_BYTES + node.readUInt16LE(6) > node.length) return "a key reaches beyond its end";
  if (child < 2 || child > pages.lastPage) return `it leads to page ${child}, and the last page is ${pages.lastPage}`;
  pending.push({ page: child, depth: depth - 1 });
  return undefined;
}

function checkLeafNode(pages: LmdbPages, node: Buffer, pending: TreeRoot[]): string | undefined {
  const [dataBytes, flags] = [node.readUInt32LE(0), node.readUInt16LE(4)];
  const dataStart = NODE_HEADER_BYTES + node.readUInt16LE(6);
  const stored = flags & BIG_DATA ? OVERFLOW_REFERENCE_BYTES : dataBytes;
  if (dataStart + stored > node.length) return "an entry reaches beyond its end";
  if (flags & BIG_DATA) return checkOverflow(pages, node.subarray(dataStart), dataBytes);
  if (!(flags & SUB_TREE)) return undefined;
  if (dataBytes !== TREE_BYTES) return "a tree's description has the wrong length";
  const tree = readTree(node.subarray(dataStart), pages.lastPage);
  if (typeof tree === "string") return tree;
  pending.push(tree);
  return undefined;
}

/** A value that takes pages of its own. */
function checkOverflow(pages: LmdbPages, reference: Buffer, dataBytes: number): string | undefined {
  const page = Number(reference.readBigUInt64LE(0));
  if (page < 2 || page > pages.lastPage) return `a value is at page ${page}, and the last page is ${pages.lastPage}`;
  const head = pages.read(page);
  const count = head.readUInt32LE(20);
  if (Number(head.readBigUInt64LE(0)) !== page || (head.readUInt16LE(18) & KIND) !== OVERFLOW)
    return `a value is at page ${page}, which is another`;
  if (page + count - 1 > pages.lastPage || PAGE_HEADER_BYTES + dataBytes > count * pages.pageSize)
    return `the value at page ${page} has too few pages`;
  return undefined;
}

/** Reads a `struct MDB_db`. Returns what is wrong where it cannot be one. */
export function readTree(bytes: Buffer, lastPage: number): TreeRoot | string {
  const depth = bytes.readUInt16LE(6);
  const root = bytes.readBigUInt64LE(40);
  let pages = 0;
  for (const offset of [8, 16, 24]) pages += Number(bytes.readBigUInt64LE(offset));
  if (pages > lastPage) return `a tree counts ${pages} pages, and the last page is ${lastPage}`;
  if (root === NO_PAGE) return depth === 0 ? { page: undefined, depth } : `an empty tree has depth ${depth}`;
  const page = Number(root);
  if (page < 2 || page > lastPage) return `a tree begins at page ${root}, and the last page is ${lastPage}`;
  return depth >= 1 && depth <= 32 ? { page, depth } : `a tree has depth ${depth}`;
}
