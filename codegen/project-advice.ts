import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { CompilerOptions, ts as TypeScript } from "ts-morph";
import { compilerSettingsOf, findUp } from "./compiler-settings.js";
import { loadTsMorph } from "./packages.js";
import { projectPath } from "./paths.js";

/**
 * Returns advice on TypeScript settings that refuse contracts and generated files, which are ES modules and import one. Codegen
 * itself works with these settings.
 */
export async function adviseOnProject(cwd: string, contracts: readonly string[]): Promise<readonly string[]> {
  const [contract] = contracts;
  const settings = contract === undefined ? undefined : await compilerSettingsOf(contract);
  if (contract === undefined || settings === undefined) return [];
  const { config, options } = settings;
  const { ts } = loadTsMorph();

  const configPath = projectPath(cwd, config);
  const compiler = compilerOf(config);
  if (!readsExports(options, { ts, compiler })) {
    return [
      `with ${configPath} TypeScript ignores the "exports" of packages and cannot find wampact: set "module" to "nodenext", or "moduleResolution" to "bundler".`,
    ];
  }
  const packageFile = findUp(dirname(contract), "package.json");
  if (contract.endsWith(".mts") || (packageFile !== undefined && isModulePackage(packageFile))) return [];
  const remedy = `add "type": "module" to ${packageFile === undefined ? "package.json" : projectPath(cwd, packageFile)}`;
  const { module = ts.ModuleKind.None, verbatimModuleSyntax } = options;
  const isNodeModule = module >= ts.ModuleKind.Node16 && module <= ts.ModuleKind.NodeNext;
  if (verbatimModuleSyntax && (isNodeModule || module === ts.ModuleKind.CommonJS)) {
    return [
      `${configPath} sets verbatimModuleSyntax, and the package is CommonJS, so TypeScript refuses the import statements of contracts and generated files: ${remedy}, or set "verbatimModuleSyntax": false.`,
    ];
  }
  if (isNodeModule && (module !== ts.ModuleKind.NodeNext || compiler < REQUIRES_MODULES)) {
    return [
      `with ${configPath} TypeScript treats contracts and generated files as CommonJS, which cannot import the ES module wampact: ${remedy}, or use TypeScript 5.8 or later with "module": "nodenext".`,
    ];
  }
  return [];
}

/** From this version on, `nodenext` lets CommonJS require ES modules, as Node does. */
const REQUIRES_MODULES = 5.8;

/** Returns whether TypeScript reads `exports`. Before version 6 it did so only with some settings, and not by default. */
function readsExports(
  { module, moduleResolution }: CompilerOptions,
  { ts, compiler }: { readonly ts: typeof TypeScript; readonly compiler: number },
): boolean {
  if (moduleResolution !== undefined) return moduleResolution >= ts.ModuleResolutionKind.Node16;
  return compiler >= 6 || (module !== undefined && module >= ts.ModuleKind.Node16);
}

/** Returns the version of the project's own compiler, such as 5.9, or a current version if there is none. */
function compilerOf(config: string): number {
  try {
    const { version } = createRequire(config)("typescript/package.json") as { version: string };
    return Number.parseFloat(version);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function isModulePackage(packageFile: string): boolean {
  try {
    return (JSON.parse(readFileSync(packageFile, "utf8")) as { type?: unknown }).type === "module";
  } catch {
    return true; // no advice on a configuration that cannot be read
  }
}
