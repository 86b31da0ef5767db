import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { projectPath } from "./loader/failures.js";

/**
 * What the project's TypeScript settings will refuse in contracts and generated files, which are ES modules and import
 * one, with what to set. Codegen itself works all the same.
 */
export async function adviseOnProject(cwd: string, contracts: readonly string[]): Promise<readonly string[]> {
  const [contract] = contracts;
  const config = contract && findUp(dirname(contract), "tsconfig.json");
  if (contract === undefined || config === undefined || contract.endsWith(".mts")) return [];
  const packageFile = findUp(dirname(contract), "package.json");
  if (packageFile !== undefined && isModulePackage(packageFile)) return [];

  const { ts } = await import("ts-morph");
  const { config: json, error } = ts.readConfigFile(config, ts.sys.readFile);
  if (error) return []; // the compiler will say so
  const { options } = ts.parseJsonConfigFileContent(json, ts.sys, dirname(config));
  const configPath = projectPath(cwd, config);
  const remedy = `add "type": "module" to ${packageFile === undefined ? "package.json" : projectPath(cwd, packageFile)}`;
  const { module, verbatimModuleSyntax, moduleResolution } = options;
  const isNodeModule = module !== undefined && module >= ts.ModuleKind.Node16 && module <= ts.ModuleKind.NodeNext;
  const isCommonJs = isNodeModule || module === ts.ModuleKind.CommonJS;
  if (verbatimModuleSyntax && isCommonJs) {
    return [
      `${configPath} sets verbatimModuleSyntax, and the package is CommonJS, so TypeScript refuses the import statements of contracts and generated files: ${remedy}, or set "verbatimModuleSyntax": false.`,
    ];
  }
  if (isNodeModule && !requiresModules(config, { isNodeNext: module === ts.ModuleKind.NodeNext })) {
    return [
      `${configPath} sets a module of Node's, the package is CommonJS, and so TypeScript refuses to import wampact, which is an ES module: ${remedy}, or use TypeScript 5.8 or later with "module": "nodenext".`,
    ];
  }
  if (moduleResolution === ts.ModuleResolutionKind.Node10 || moduleResolution === ts.ModuleResolutionKind.Classic) {
    return [
      `${configPath} sets a module resolution that does not read the "exports" of packages, so TypeScript does not find wampact: set "moduleResolution" to "bundler", or "module" to "nodenext".`,
    ];
  }
  return [];
}

/** From 5.8 on `nodenext` lets CommonJS require ES modules, as Node does. */
function requiresModules(config: string, { isNodeNext }: { readonly isNodeNext: boolean }): boolean {
  if (!isNodeNext) return false;
  try {
    const { version } = createRequire(config)("typescript/package.json") as { version: string };
    const [major = 0, minor = 0] = version.split(".").map(Number);
    return major > 5 || (major === 5 && minor >= 8);
  } catch {
    return true; // no compiler here; a current one is assumed
  }
}

function isModulePackage(packageFile: string): boolean {
  try {
    return (JSON.parse(readFileSync(packageFile, "utf8")) as { type?: unknown }).type === "module";
  } catch {
    return true; // nothing to advise on what cannot be read
  }
}

function findUp(directory: string, name: string): string | undefined {
  const candidate = join(directory, name);
  if (existsSync(candidate)) return candidate;
  const parent = dirname(directory);
  return parent === directory ? undefined : findUp(parent, name);
}
