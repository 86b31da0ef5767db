import { readIfThere } from "../files.js";
import { oneProblem } from "../problems.js";
import type { ContractSurface } from "./surface.js";

/** The lock's name, beside the contracts, unless another file is named. */
export const LOCK_FILE = "contracts.lock.json";

/** Changes when an older reader could not make sense of a lock any more. */
const VERSION = 1;

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
  const problem =
    typeof lock?.version === "number" && lock.version > VERSION
      ? `was written by a newer wampact (lock version ${lock.version}); update wampact`
      : "is no lock of wampact; write one with wampact lock";
  throw oneProblem({ file: shown }, problem);
}

function parse(text: string): { readonly version?: unknown; readonly contracts?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
