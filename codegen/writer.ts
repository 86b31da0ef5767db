import { mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type OutputFile, readIfThere } from "./files.js";
import { MANIFEST } from "./manifest.js";
import { projectPath } from "./paths.js";
import { GENERATED } from "./printers/header.js";
import { oneProblem } from "./problems.js";

/** What a file was and is to be: `undefined` where it is not there. */
export interface Change {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * Compares what is to be with what is there. `obsolete` are files of earlier runs. Throws where a file that is in the
 * way does not begin as a generated one does: somebody else wrote it.
 */
export async function compare(
  out: string,
  {
    cwd,
    files,
    obsolete,
  }: { readonly cwd: string; readonly files: readonly OutputFile[]; readonly obsolete: readonly string[] },
): Promise<readonly Change[]> {
  const wanted = files.map(({ path, text }) => ({ path, after: text }));
  const unwanted = obsolete.map((path) => ({ path, after: undefined }));
  return Promise.all(
    [...wanted, ...unwanted].map(async ({ path, after }): Promise<Change> => {
      const before = await readIfThere(join(out, path));
      if (before !== undefined && !isOurs(path, before)) {
        throw oneProblem(
          { file: projectPath(cwd, join(out, path)) },
          "not written by codegen, so it is left alone; move it away, or choose another directory with --out",
        );
      }
      return { path, before, after };
    }),
  );
}

/** Makes the changes. A file is there whole or not at all: it is written beside its place, then moved. */
export async function apply(out: string, changes: readonly Change[]): Promise<void> {
  for (const { path, before, after } of changes) {
    if (before === after) continue;
    const target = join(out, path);
    if (after === undefined) {
      await rm(target, { force: true });
      await rmdir(dirname(target)).catch(() => undefined); // only if that was its last file
      continue;
    }
    await mkdir(dirname(target), { recursive: true });
    const temporary = `${target}.${process.pid}.tmp`;
    await writeFile(temporary, after);
    await rename(temporary, target);
  }
}

/** Told by what generated files begin with. */
function isOurs(path: string, text: string): boolean {
  return path === MANIFEST || text.slice(0, 1_000).includes(GENERATED);
}
