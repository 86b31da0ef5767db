import { readdir } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { codecsFileOf } from "./loader/codecs-file.js";
import { projectPath, slashed } from "./paths.js";
import { baseOf, outputOf, type Places } from "./places.js";
import type { ImportExtension } from "./project-settings.js";

/** The contract's name, and whether its extension makes it an ES module or CommonJS in Node: `m` or `c`. */
const CONTRACT_NAME = /^(.+)\.([cm]?)tsx?$/;

/** A contract file and its generated files. */
export interface Layout {
  /** Absolute path. */
  readonly file: string;
  /** The file's path relative to the project. */
  readonly source: string;
  /** The file's name without its extension. */
  readonly name: string;
  /** Absolute path of the output directory. */
  readonly out: string;
  /** Paths of the generated files, relative to the output directory. */
  readonly generated: string;
  readonly check: string;
  readonly thin: string;
  readonly contractImport: string;
  readonly generatedImport: string;
  /** The module specifier with which the thin client imports the contract's codecs file. */
  readonly codecsImport: string;
}

/** Returns the files to run: the roots that are files, and the modules in those that are directories. Absolute and sorted. */
export async function findInputs({ roots }: Places): Promise<readonly string[]> {
  const found = await Promise.all(
    roots.map(({ path, isDirectory }) => (isDirectory ? modulesIn(path) : Promise.resolve([path]))),
  );
  return [...new Set(found.flat())].sort();
}

/** Returns the paths of a contract's generated files, and their imports of each other. */
export function layoutOf(file: string, { places, importExtension }: LayoutOptions): Layout {
  const [, name = "", module = ""] = CONTRACT_NAME.exec(basename(file)) ?? [];
  const out = outputOf(places, file);
  const directory = dirname(relative(baseOf(places, file), file));
  const [generated, check, thin] = ["", ".check", ".thin"].map((kind) => `${name}${kind}.gen.${module}ts`) as Names;
  /** The specifier's last part for a file: `.mts` and `.cts` always have an extension. */
  const imported = (path: string) => {
    if (importExtension === "ts") return path;
    return path.replace(/\.([cm]?)tsx?$/, (_, kind: string) =>
      importExtension === "none" && !kind ? "" : `.${kind}js`,
    );
  };
  const from = (path: string) => {
    const way = projectPath(join(out, directory), path);
    return way.startsWith(".") ? way : `./${way}`;
  };
  return {
    file,
    source: projectPath(places.cwd, file),
    name,
    out,
    generated: slashed(join(directory, generated)),
    check: slashed(join(directory, check)),
    thin: slashed(join(directory, thin)),
    contractImport: imported(from(file)),
    generatedImport: `./${imported(generated)}`,
    codecsImport: imported(from(codecsFileOf(file))),
  };
}

type Names = [generated: string, check: string, thin: string];

interface LayoutOptions {
  readonly places: Places;
  readonly importExtension: ImportExtension;
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

/** Returns whether a file may be a contract. Declarations, generated files and tests are not. */
function isContractName(name: string): boolean {
  return CONTRACT_NAME.test(name) && !/\.(d|gen|test|spec)\.[cm]?tsx?$/.test(name);
}
