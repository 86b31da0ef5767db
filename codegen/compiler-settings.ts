import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CompilerOptions, ts as TypeScript } from "ts-morph";
import { loadTsMorph } from "./packages.js";
import { slashed } from "./paths.js";

/** The settings with which a project compiles a file. */
export interface CompilerSettings {
  /** Absolute path of the configuration file. */
  readonly config: string;
  readonly options: CompilerOptions;
}

/**
 * Returns the settings of the nearest `tsconfig.json` above a file, or of the referenced configuration that includes the file.
 * Returns nothing if there is none, or if it cannot be read; the compiler reports that.
 */
export async function compilerSettingsOf(file: string): Promise<CompilerSettings | undefined> {
  const config = findUp(dirname(file), "tsconfig.json");
  if (config === undefined) return undefined;
  const { ts } = loadTsMorph();
  const parsed = parse(config, ts);
  if (!parsed) return undefined;
  const name = slashed(file); // as TypeScript writes paths, on Windows too
  const referred = (parsed.projectReferences ?? []).map((reference) => ts.resolveProjectReferencePath(reference));
  const owner = referred.find((each) => parse(each, ts)?.fileNames.includes(name));
  return owner === undefined || parsed.fileNames.includes(name)
    ? { config, options: parsed.options }
    : { config: owner, options: parse(owner, ts)?.options ?? {} };
}

/** Finds the nearest file with a name, in a directory or above it. */
export function findUp(directory: string, name: string): string | undefined {
  const candidate = join(directory, name);
  if (existsSync(candidate)) return candidate;
  const parent = dirname(directory);
  return parent === directory ? undefined : findUp(parent, name);
}

function parse(config: string, ts: typeof TypeScript): TypeScript.ParsedCommandLine | undefined {
  const { config: json, error } = ts.readConfigFile(config, ts.sys.readFile);
  return error ? undefined : ts.parseJsonConfigFileContent(json, ts.sys, dirname(config));
}
