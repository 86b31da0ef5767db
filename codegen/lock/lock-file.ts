import { readIfThere } from "../files.js";
import { projectPath } from "../paths.js";
import { oneProblem } from "../problems.js";
import type { ContractSurface } from "./surface.js";

/** The default name of the lock file, beside the contracts. */
export const LOCK_FILE = "contracts.lock.json";

/** Increased when an older reader could no longer read a lock correctly. */
const VERSION = 2;

export function printLock(contracts: readonly ContractSurface[]): string {
  const lock = {
    "//": "Written by wampact lock: the contracts that deployed peers use. Commit this file; `wampact diff` compares with it.",
    version: VERSION,
    contracts,
  };
  return `${JSON.stringify(lock, undefined, 2)}\n`;
}

/** Returns the contracts of a lock file. Throws `CodegenError` if it is missing or has another format. */
export async function readLock(path: string, cwd: string): Promise<readonly ContractSurface[]> {
  const text = await readIfThere(path, cwd);
  const shown = projectPath(cwd, path);
  if (text === undefined) {
    throw oneProblem({ file: shown }, "there is no lock file; run wampact lock, or compare with --against git:REF");
  }
  const lock = parse(text);
  if (lock?.version === VERSION && Array.isArray(lock.contracts)) return lock.contracts as readonly ContractSurface[];
  throw oneProblem({ file: shown }, whyNoLock(lock?.version));
}

function whyNoLock(version: unknown): string {
  if (typeof version !== "number") return "is not a wampact lock file; run wampact lock to write one";
  return version > VERSION
    ? `was written by a newer wampact (lock version ${version}); update wampact`
    : `was written by an older wampact (lock version ${version}), which recorded less; compare with --against git:REF once, then run wampact lock`;
}

function parse(text: string): { readonly version?: unknown; readonly contracts?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
