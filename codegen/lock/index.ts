import { basename, dirname, join, relative, resolve } from "node:path";
import { checkSettings, type SettingRules, text } from "../../src/wire/settings.js";
import { readIfThere } from "../files.js";
import { requireContracts } from "../no-contracts.js";
import { requirePackages } from "../packages.js";
import { projectPath } from "../paths.js";
import { findPlaces, mainBase, type Places } from "../places.js";
import { READ_RULES, type ReadContracts, type ReadOptions, readContracts } from "../read.js";
import { apply } from "../writer.js";
import { type ContractChange, compareContracts } from "./compare.js";
import { withProjectAt } from "./git.js";
import { LOCK_FILE, printLock, readLock } from "./lock-file.js";
import { type ContractSurface, surfaceOf } from "./surface.js";

export type { ContractChange } from "./compare.js";
export type { First, MemberChange, SchemaChange, Severity } from "./table.js";

export interface LockOptions extends ReadOptions {
  /** The lock file. Default: `contracts.lock.json` beside the contracts, such as `schemas/contracts.lock.json`. */
  readonly file?: string;
}

export interface DiffOptions extends ReadOptions {
  /** A lock file, or `git:REF` for the contracts at a commit. Default: the lock beside the contracts. */
  readonly against?: string;
}

const LOCK_RULES: SettingRules<LockOptions> = { ...READ_RULES, file: text };
const DIFF_RULES: SettingRules<DiffOptions> = { ...READ_RULES, against: text };

/**
 * Writes the lock file: URIs, wire mappings and JSON Schemas of all contracts. Returns its path, relative to `cwd`, and whether
 * it has changed. Throws `CodegenError` with every problem of the contracts, or if there is no contract, and `TypeError` for an
 * unknown option or an invalid value.
 */
export async function lockContracts(
  options: LockOptions = {},
): Promise<{ readonly path: string; readonly changed: boolean; readonly members: number }> {
  checkSettings(options, LOCK_RULES, "lockContracts");
  const { places, contracts } = surfacesOf(requireContracts(await readContracts(options)));
  const path = lockPath(places, options.file);
  const text = printLock(contracts);
  const before = await readIfThere(path, places.cwd);
  const changed = before !== text;
  if (changed) await apply(dirname(path), [{ path: basename(path), before, after: text }], places.cwd);
  const members = contracts.reduce((sum, each) => sum + Object.keys(each.members).length, 0);
  return { path: projectPath(places.cwd, path), changed, members };
}

/**
 * Returns the changes of the contracts. Each is breaking, risky or safe for peers that still use the old contracts. Throws
 * `CodegenError` if either side cannot be read, or if there is no contract now, and `TypeError` for an unknown option or an
 * invalid value.
 */
export async function diffContracts(options: DiffOptions = {}): Promise<readonly ContractChange[]> {
  checkSettings(options, DIFF_RULES, "diffContracts");
  requirePackages();
  const before = await surfacesBefore(options);
  const { contracts } = surfacesOf(requireContracts(await readContracts(options)));
  return compareContracts(before, contracts);
}

/** Reads the old contracts: a lock, or the contracts of a commit. */
async function surfacesBefore(options: DiffOptions): Promise<readonly ContractSurface[]> {
  const places = await findPlaces(options);
  const { against } = options;
  if (against?.startsWith("git:")) return surfacesAt(places.cwd, against.slice("git:".length), options);
  const path = lockPath(places, against);
  return readLock(path, places.cwd);
}

function surfacesOf({ places, contracts }: ReadContracts): {
  readonly places: Places;
  readonly contracts: readonly ContractSurface[];
} {
  return { places, contracts: contracts.map(({ model }) => surfaceOf(model)) };
}

function lockPath(places: Places, named: string | undefined): string {
  return named === undefined ? join(mainBase(places), LOCK_FILE) : resolve(places.cwd, named);
}

function surfacesAt(cwd: string, ref: string, options: ReadOptions): Promise<readonly ContractSurface[]> {
  const files = options.files?.map((file) => relative(cwd, resolve(cwd, file)));
  return withProjectAt(cwd, ref, async (then) => {
    const { contracts } = surfacesOf(await readContracts({ ...options, cwd: then, ...(files && { files }) }));
    return contracts;
  });
}
