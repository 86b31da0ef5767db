/** Reads the pages of a database whose meta pages are valid. */
export interface LmdbPages {
  readonly pageSize: number;
  readonly lastPage: number;
  /** The newest transaction. */
  readonly transaction: number;
  /** Returns a page. It is shorter at the end of the file. */
  read(page: number): Buffer;
}

/** The root of a tree of pages, as a meta page or a leaf describes it. */
export interface TreeRoot {
  /** `undefined` for an empty tree. */
  readonly page: number | undefined;
  readonly depth: number;
  readonly entries: number;
}

const PAGE_HEADER_BYTES = 24;
const NODE_HEADER_BYTES = 8;
export const TREE_BYTES = 48; // struct MDB_db
const NO_PAGE = 2n ** 64n - 1n;
const OVERFLOW_REFERENCE_BYTES = 24; // struct MDB_ovpage
const [BRANCH, LEAF, OVERFLOW] = [1, 2, 4];
const [BIG_DATA, SUB_TREE] = [1, 2];

/** Checks that all pages of some trees are in the right place, and that their contents lie within them. Returns the reason if not. */
export function checkTrees(pages: LmdbPages, roots: readonly TreeRoot[]): string | undefined {
  const trees: TreeRoot[] = [...roots]; // trees found in others are checked after them
  let visited = 0;
  for (let tree = trees.pop(); tree; tree = trees.pop()) {
    const walk: Walk = { pages, pending: tree.page === undefined ? [] : [tree as Visit], trees, entries: 0 };
    for (let visit = walk.pending.pop(); visit; visit = walk.pending.pop()) {
      if (++visited > pages.lastPage) return "its trees have a loop";
      const fault = checkPage(walk, visit);
      if (fault !== undefined) return `page ${visit.page}: ${fault}`;
    }
    if (walk.entries !== tree.entries) return `a tree counts ${tree.entries} entries and has ${walk.entries}`;
  }
  return undefined;
}

/** A page to check, and the number of tree levels from it down. */
interface Visit {
  readonly page: number;
  readonly depth: number;
}

/** The state of the check of one tree: pages to visit, trees found in it, and the number of entries. */
interface Walk {
  readonly pages: LmdbPages;
  readonly pending: Visit[];
  readonly trees: TreeRoot[];
  entries: number;
}

function checkPage(walk: Walk, { page, depth }: Visit): string | undefined {
  const { pages } = walk;
  const bytes = pages.read(page);
  const [kind, name] = depth > 1 ? [BRANCH, "branch"] : [LEAF, "leaf"];
  const fault = checkHeader(pages, bytes, { page, kind });
  if (fault !== undefined) return `expected a ${name} page: ${fault}`;
  const [lower, upper] = [bytes.readUInt16LE(20), bytes.readUInt16LE(22)];
  if (lower % 2 !== 0 || lower > upper || upper > pages.pageSize - PAGE_HEADER_BYTES) return "its bounds are wrong";
  if (lower === 0) return "it is empty";
  for (let offset = 0; offset < lower; offset += 2) {
    const at = bytes.readUInt16LE(PAGE_HEADER_BYTES + offset) + PAGE_HEADER_BYTES;
    if (at < PAGE_HEADER_BYTES + upper || at + NODE_HEADER_BYTES > pages.pageSize) return "an entry lies outside of it";
    const node = bytes.subarray(at);
    const fault = depth > 1 ? checkBranchNode(walk, node, depth) : checkLeafNode(walk, node);
    if (fault !== undefined) return fault;
  }
  if (depth === 1) walk.entries += lower / 2;
  return undefined;
}

/** Checks the head of a page. LMDB would treat a page of a future transaction as its own, and write to it in the map. */
function checkHeader(
  { transaction }: LmdbPages,
  bytes: Buffer,
  { page, kind }: { readonly page: number; readonly kind: number },
): string | undefined {
  if (bytes.length < PAGE_HEADER_BYTES) return "it lies beyond the end";
  if (Number(bytes.readBigUInt64LE(0)) !== page) return `it claims to be page ${bytes.readBigUInt64LE(0)}`;
  if (bytes.readBigUInt64LE(8) > BigInt(transaction))
    return `it is of transaction ${bytes.readBigUInt64LE(8)}, and the last one is ${transaction}`;
  return bytes.readUInt16LE(18) === kind ? undefined : `its flags are ${bytes.readUInt16LE(18)}`;
}

function checkBranchNode({ pages, pending }: Walk, node: Buffer, depth: number): string | undefined {
  const child = node.readUInt32LE(0) + node.readUInt16LE(4) * 2 ** 32;
  if (NODE_HEADER_BYTES + node.readUInt16LE(6) > node.length) return "a key reaches beyond its end";
  if (child < 2 || child > pages.lastPage) return `it leads to page ${child}, and the last page is ${pages.lastPage}`;
  pending.push({ page: child, depth: depth - 1 });
  return undefined;
}

function checkLeafNode({ pages, trees }: Walk, node: Buffer): string | undefined {
  const [dataBytes, flags] = [node.readUInt32LE(0), node.readUInt16LE(4)];
  const dataStart = NODE_HEADER_BYTES + node.readUInt16LE(6);
  const stored = flags === BIG_DATA ? OVERFLOW_REFERENCE_BYTES : dataBytes;
  if (dataStart + stored > node.length) return "an entry reaches beyond its end";
  if (flags === 0) return undefined;
  if (flags === BIG_DATA) return checkOverflow(pages, node.subarray(dataStart), dataBytes);
  if (flags !== SUB_TREE || dataBytes !== TREE_BYTES) return "an entry is of an unknown kind";
  const tree = readPlainTree(node.subarray(dataStart), pages.lastPage);
  if (typeof tree === "string") return tree;
  trees.push(tree);
  return undefined;
}

/** Checks a value that has pages of its own. */
function checkOverflow(pages: LmdbPages, reference: Buffer, dataBytes: number): string | undefined {
  const page = Number(reference.readBigUInt64LE(0));
  if (page < 2 || page > pages.lastPage) return `a value is at page ${page}, and the last page is ${pages.lastPage}`;
  const head = pages.read(page);
  const fault = checkHeader(pages, head, { page, kind: OVERFLOW });
  if (fault !== undefined) return `a value should be at page ${page}: ${fault}`;
  const count = head.readUInt32LE(20);
  if (page + count - 1 > pages.lastPage || PAGE_HEADER_BYTES + dataBytes > count * pages.pageSize)
    return `the value at page ${page} has too few pages`;
  return undefined;
}

/** Reads a `struct MDB_db` of plain keys and values. Returns the reason if it is not one. */
export function readPlainTree(bytes: Buffer, lastPage: number): TreeRoot | string {
  if (bytes.readUInt32LE(0) !== 0 || bytes.readUInt16LE(4) !== 0) return "a tree was created with other options";
  return readTree(bytes, lastPage);
}

/** Reads a `struct MDB_db`, except for its options. Returns the reason if it is not one. */
export function readTree(bytes: Buffer, lastPage: number): TreeRoot | string {
  const depth = bytes.readUInt16LE(6);
  const root = bytes.readBigUInt64LE(40);
  const entries = Number(bytes.readBigUInt64LE(32));
  let pages = 0;
  for (const offset of [8, 16, 24]) pages += Number(bytes.readBigUInt64LE(offset));
  if (pages > lastPage) return `a tree counts ${pages} pages, and the last page is ${lastPage}`;
  if (root === NO_PAGE) return depth === 0 ? { page: undefined, depth, entries } : `an empty tree has depth ${depth}`;
  const page = Number(root);
  if (page < 2 || page > lastPage) return `a tree begins at page ${root}, and the last page is ${lastPage}`;
  return depth >= 1 && depth <= 32 ? { page, depth, entries } : `a tree has depth ${depth}`;
}
