import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { sortedByName } from "./dicts.js";
import { type OutputFile, type Product, readIfThere } from "./files.js";
import { projectPath } from "./paths.js";
import { oneProblem } from "./problems.js";

/** The list of generated files by contract, stored in the output directory. Codegen removes only files that are in it. */
export interface Manifest {
  /** Contract → its files, relative to the output directory. */
  readonly files: Readonly<Record<string, readonly string[]>>;
}

export const MANIFEST = "codegen-manifest.json";

export function isEmpty({ files }: Manifest): boolean {
  return Object.keys(files).length === 0;
}

/** Returns the manifest of the last run, or an empty one if there is none. */
export async function readManifest(out: string, cwd: string): Promise<Manifest> {
  const text = await readIfThere(join(out, MANIFEST), cwd);
  if (text === undefined) return { files: {} };
  try {
    const { files } = JSON.parse(text) as { files?: unknown };
    if (isFiles(files)) return { files };
  } catch {
    // reported below
  }
  throw oneProblem(
    { file: projectPath(cwd, join(out, MANIFEST)) },
    "cannot be read; remove it, and all generated files that you no longer need",
  );
}

/** Returns the manifest after a run. Entries that the run did not look at stay while their contract exists. */
export function nextManifest(
  { files }: Manifest,
  run: { readonly cwd: string; readonly inputs: readonly string[]; readonly products: readonly Product[] },
): Manifest {
  const looked = new Set(run.inputs.map((file) => projectPath(run.cwd, file)));
  const others = Object.entries(files).filter(
    ([source]) => !looked.has(source) && existsSync(resolve(run.cwd, source)),
  );
  const made = run.products.map((product) => [product.source, product.files.map(({ path }) => path)] as const);
  return { files: Object.fromEntries([...others, ...made]) };
}

/** Returns the manifest as a file, in an order that does not depend on the run. */
export function manifestFile({ files }: Manifest): OutputFile {
  return { path: MANIFEST, text: `${JSON.stringify({ files: sortedByName(files) }, undefined, 2)}\n` };
}

/** Accepts only names that codegen uses, inside the output directory. */
function isFiles(value: unknown): value is Manifest["files"] {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every(
    (paths) =>
      Array.isArray(paths) &&
      paths.every(
        (path) => typeof path === "string" && /\.gen\.[cm]?ts$/.test(path) && !/^\/|\\|:|(^|\/)\.\.(\/|$)/.test(path),
      ),
  );
}
