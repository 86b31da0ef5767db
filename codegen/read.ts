import { join } from "node:path";
import type { CodeBlockWriter } from "ts-morph";
import { positive, type SettingRules, text } from "../src/wire/settings.js";
import { compilerSettingsOf } from "./compiler-settings.js";
import { findInputs, type Layout, layoutOf } from "./inputs.js";
import type { Description, ModuleDescription } from "./loader/description.js";
import { load } from "./loader/load.js";
import { type ModuleSource, readSources } from "./loader/source.js";
import { buildModel } from "./model/build.js";
import { lineOf } from "./model/check-members.js";
import type { ContractModel } from "./model/model.js";
import { loadTsMorph, requirePackages } from "./packages.js";
import { projectPath } from "./paths.js";
import { findPlaces, isThin, type Places } from "./places.js";
import { Problems } from "./problems.js";
import type { ImportExtension } from "./project-settings.js";
import { reportFaults } from "./report-faults.js";
import { adviseOnBarrels, checkSharedUris } from "./shared-members.js";

/** The source of the contracts. */
export interface ReadOptions {
  /** The project's directory. Default: the current directory. */
  readonly cwd?: string;
  /** Contract files, or directories of contract files. Default: those in the project's settings, otherwise `schemas/`. */
  readonly files?: readonly string[];
  /**
   * Longest time to load the contracts, in milliseconds. It starts when the first one runs. Default: 20,000. A number above 0.
   */
  readonly timeoutMs?: number;
}

/** The rules for the options of every function that reads contracts. */
export const READ_RULES: SettingRules<ReadOptions> = {
  cwd: text,
  files: {
    expected: "a list of files or directories",
    accepts: (value) => Array.isArray(value) && value.every(text.accepts),
  },
  timeoutMs: positive,
};

/** A contract that was read and checked. */
export interface ReadContract {
  readonly layout: Layout;
  readonly model: ContractModel;
}

/** The contracts that a run has loaded. */
export interface ReadContracts {
  readonly places: Places;
  /** Absolute paths of all modules that were examined. */
  readonly inputs: readonly string[];
  readonly contracts: readonly ReadContract[];
  /** Warnings for the author of the contracts. They do not fail the run. */
  readonly advice: readonly string[];
}

/**
 * Runs and reads the modules. It omits modules without members of a contract, which are helpers of others. Throws `CodegenError`
 * with every problem of the contracts, and `MissingPackagesError` if `ts-morph` or `tsx` is not installed.
 */
export async function readContracts(
  options: ReadOptions & { readonly out?: string | undefined; readonly thin?: boolean | undefined },
): Promise<ReadContracts> {
  requirePackages();
  const places = await findPlaces(options);
  const { cwd } = places;
  const inputs = await findInputs(places);
  const thin = inputs.filter((file) => isThin(places, file));
  const loading = load({ cwd, files: inputs, thin, timeoutMs: options.timeoutMs ?? 20_000 }); // in a process beside this one
  const reading = readSources(inputs, cwd);
  reading.catch(() => undefined); // reported below; a failure to load goes first
  const description = await loading;
  const sources = await reading;
  const importExtension = places.importExtension ?? (await allowedExtension(inputs));
  const run: Run = { places, importExtension, description, sources, problems: new Problems(), taken: new Map() };
  const contracts = description.modules.flatMap((module) => readContract(module, run) ?? []);
  const shared = { cwd, modules: description.modules, sources };
  if (run.problems.count === 0) checkSharedUris(shared, run.problems);
  run.problems.throwIfAny();
  return { places, inputs, contracts, advice: adviseOnBarrels(shared) };
}

interface Run {
  readonly places: Places;
  readonly importExtension: ImportExtension;
  readonly description: Description;
  readonly sources: ReadonlyMap<string, ModuleSource>;
  readonly problems: Problems;
  readonly taken: Map<string, string>; // generated file → contract
}

/** Returns a module's contract, or nothing if it has no members or added to `problems`. */
function readContract(module: ModuleDescription, run: Run): ReadContract | undefined {
  const { places, importExtension, description, sources, problems, taken } = run;
  const source = sources.get(module.file);
  if (!source) return undefined;
  reportFaults(module, { file: projectPath(places.cwd, module.file), source, problems });
  if (module.members.length === 0) return undefined;
  const layout = layoutOf(module.file, { places, importExtension });
  const { source: file, name, contractImport, generatedImport } = layout;
  for (const path of [layout.generated, ...(module.thin ? [layout.thin] : [])]) {
    const generated = join(layout.out, path);
    const other = taken.get(generated);
    if (other !== undefined) problems.add({ file }, `${other} would generate the same file; rename one of them`);
    taken.set(generated, file);
  }
  for (const { path, problem } of module.thin?.problems ?? []) {
    const [member = ""] = path.split(/[.[]/);
    problems.add(path === "" ? { file } : { file, line: lineOf(source, member), member, path }, problem);
  }
  const model = buildModel({ description, module, source, file, name, contractImport, generatedImport, problems });
  return model && { layout, model };
}

/**
 * Returns `ts` if the compiler accepts imports with that extension. Node strips types from such files, and bundlers accept them.
 * Returns `none` if only a bundler reads the files: Turbopack, webpack, Metro and Jest do not find `a.ts` for an import of `a.js`.
 */
async function allowedExtension([file]: readonly string[]): Promise<ImportExtension> {
  const settings = file === undefined ? undefined : await compilerSettingsOf(file);
  const { allowImportingTsExtensions, rewriteRelativeImportExtensions, noEmit } = settings?.options ?? {};
  if (allowImportingTsExtensions || rewriteRelativeImportExtensions) return "ts";
  const { ModuleResolutionKind } = loadTsMorph().ts;
  return noEmit && settings?.options.moduleResolution === ModuleResolutionKind.Bundler ? "none" : "js";
}

/** Returns a factory of writers for printers. */
export async function createCodeWriter(): Promise<() => CodeBlockWriter> {
  const { CodeBlockWriter } = loadTsMorph();
  return () => new CodeBlockWriter({ indentNumberOfSpaces: 2, newLine: "\n", useTabs: false });
}
