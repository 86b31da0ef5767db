import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { projectPath, slashed } from "./paths.js";
import { oneProblem } from "./problems.js";

/** Where contracts are looked for unless files are named. */
const CONTRACT_DIRECTORY = "schemas";

/** Where what is generated goes unless a directory is named. */
export const OUTPUT_DIRECTORY = "schemas/generated";

/** Its name and whether it is a module of Node's by its ending: `c` or `m`. */
const CONTRACT_NAME = /^(.+)\.([cm]?)tsx?$/;

/** A contract file and what is made of it. */
export interface Layout {
  /** Absolute path. */
  readonly file: string;
  /** The file's path relative to the project. */
  readonly source: string;
  /** The file's name without its ending. */
  readonly name: string;
  /** Paths of the generated files, relative to the output directory. */
  readonly generated: string;
  readonly check: string;
  readonly contractImport: string;
  readonly generatedImport: string;
}

/** The files and directories given, else the one that contracts are looked for in. */
export function rootsOf(given: readonly string[]): readonly string[] {
  return given.length > 0 ? given : [CONTRACT_DIRECTORY];
}

/** The files to run: those given, the modules in directories given, or all of `schemas/`; absolute and sorted. */
export async function findInputs(cwd: string, given: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const path of rootsOf(given)) {
    const absolute = resolve(cwd, path);
    const stats = await stat(absolute).catch(() => undefined);
    if (!stats) {
      const hint = given.length > 0 ? "name a contract file or a directory" : "create it, or name the contract files";
      throw oneProblem({ file: path }, `there is no such file or directory; ${hint}`);
    }
    if (!stats.isDirectory()) found.add(absolute);
    else for (const file of await modulesIn(absolute)) found.add(file);
  }
  return [...found].sort();
}

/** Where the files of a contract go, and how they import each other. */
export function layoutOf(file: string, { cwd, out }: { readonly cwd: string; readonly out: string }): Layout {
  const [, name = "", module = ""] = CONTRACT_NAME.exec(basename(file)) ?? [];
  const directory = dirname(placeInOutput(file, { cwd, out }));
  const [generated, check] = [`${name}.gen.${module}ts`, `${name}.check.gen.${module}ts`];
  const toContract = projectPath(join(out, directory), join(dirname(file), `${name}.${module}js`));
  return {
    file,
    source: projectPath(cwd, file),
    name,
    generated: slashed(join(directory, generated)),
    check: slashed(join(directory, check)),
    contractImport: toContract.startsWith(".") ? toContract : `./${toContract}`,
    generatedImport: `./${name}.gen.${module}js`,
  };
}

/** `schemas/admin/orders.ts` → `admin/orders.ts`; a file outside of `schemas/` goes to the top. */
function placeInOutput(file: string, { cwd, out }: { readonly cwd: string; readonly out: string }): string {
  const bases = [join(cwd, CONTRACT_DIRECTORY), dirname(out)];
  const inside = bases.map((base) => relative(base, file)).find((path) => !path.startsWith(".."));
  return inside ?? basename(file);
}

async function modulesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry): Promise<readonly string[]> => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return SKIPPED_DIRECTORIES.has(entry.name) ? [] : modulesIn(path);
      return isContractName(entry.name) ? [path] : [];
    }),
  );
  return found.flat();
}

const SKIPPED_DIRECTORIES: ReadonlySet<string> = new Set(["generated", "node_modules"]);

/** Declarations, generated files and tests are no contracts. */
function isContractName(name: string): boolean {
  return CONTRACT_NAME.test(name) && !/\.(d|gen|test|spec)\.[cm]?tsx?$/.test(name);
}
