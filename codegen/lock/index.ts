import { mkdir, writeFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { readIfThere } from "../files.js";
import { requirePackages } from "../packages.js";
import { projectPath } from "../paths.js";
import { type ReadOptions, readContracts } from "../read.js";
import { type ContractChange, compareContracts } from "./compare.js";
import { withProjectAt } from "./git.js";
import { LOCK_FILE, printLock, readLock } from "./lock-file.js";
import { type ContractSurface, surfaceOf } from "./surface.js";

export type { ContractChange } from "./compare.js";
export type { MemberChange, SchemaChange, Severity } from "./table.js";

export interface LockOptions extends ReadOptions {
  /** The lock file. Default `schemas/contracts.lock.json`. */
  readonly file?: string;
}

export interface DiffOptions extends ReadOptions {
  /** A lock file, or `git:REF` for the contracts as they were at a commit. Default `schemas/contracts.lock.json`. */
  readonly against?: string;
}

/**
 * Writes down what peers rely on: URIs, wire mappings and JSON Schemas of all contracts. Gives the path, relative to `cwd`, and
 * whether anything has changed. Throws `CodegenError` with every problem of the contracts.
 */
export async function lockContracts(
  options: LockOptions = {},
): Promise<{ readonly path: string; readonly changed: boolean; readonly members: number }> {
  const cwd = resolve(options.cwd ?? ".");
  const path = resolve(cwd, options.file ?? LOCK_FILE);
  const contracts = await surfaces(options);
  const text = printLock(contracts);
  const changed = (await readIfThere(path)) !== text;
  if (changed) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  const members = contracts.reduce((sum, each) => sum + Object.keys(each.members).length, 0);
  return { path: projectPath(cwd, path), changed, members };
}

/**
 * What has changed in the contracts, each change as breaking, risky or safe to peers that still have those of before. Throws
 * `CodegenError` where either side cannot be read.
 */
export async function diffContracts(options: DiffOptions = {}): Promise<readonly ContractChange[]> {
  requirePackages();
  const cwd = resolve(options.cwd ?? ".");
  const against = options.against ?? LOCK_FILE;
  const before = against.startsWith("git:")
    ? await surfacesAt(cwd, against.slice("git:".length), options)
    : await readLock(resolve(cwd, against), projectPath(cwd, resolve(cwd, against)));
  return compareContracts(before, await surfaces(options));
}

async function surfaces(options: ReadOptions): Promise<readonly ContractSurface[]> {
  const { contracts } = await readContracts(options);
  return contracts.map(({ model }) => surfaceOf(model));
}

function surfacesAt(cwd: string, ref: string, options: ReadOptions): Promise<readonly ContractSurface[]> {
  const files = options.files?.map((file) => relative(cwd, resolve(cwd, file)));
  return withProjectAt(cwd, ref, (then) => surfaces({ ...options, cwd: then, ...(files && { files }) }));
}
