import { readIfThere } from "../files.js";
import { oneProblem } from "../problems.js";
import type { ContractSurface } from "./surface.js";

/** The lock's name, beside the contracts, unless another file is named. */
export const LOCK_FILE = "contracts.lock.json";

/** Changes when an older reader could not make sense of a lock any more. */
const VERSION = 2;

export function printLock(contracts: readonly ContractSurface[]): string {
  const lock = {
    "//": "Written by wampact lock: the contracts that peers out there rely on. Commit it; `wampact diff` compares with it.",
    version: VERSION,
    contracts,
  };
  return `${JSON.stringify(lock, undefined, 2)}\n`;
}

/** The contracts of a lock file. Throws `CodegenError` where it is missing or of another kind. */
export async function readLock(path: string, shown: string): Promise<readonly ContractSurface[]> {
  const text = await readIfThere(path);
  if (text === undefined) {
    throw oneProblem({ file: shown }, "there is no lock yet; run wampact lock, or compare with --against git:REF");
  }
  const lock = parse(text);
  if (lock?.version === VERSION && Array.isArray(lock.contracts)) return lock.contracts as readonly ContractSurface[];
  throw oneProblem({ file: shown }, whyNoLock(lock?.version));
}

function whyNoLock(version: unknown): string {
  if (typeof version !== "number") return "is no lock of wampact; write one with wampact lock";
  return version > VERSION
    ? `was written by a newer wampact (lock version ${version}); update wampact`
    : `was written by an older wampact (lock version ${version}), which saw less of a contract; compare with --against git:REF once, then run wampact lock`;
}

function parse(text: string): { readonly version?: unknown; readonly contracts?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
