import { mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileProblem, type OutputFile, readIfThere } from "./files.js";
import { MANIFEST } from "./manifest.js";
import { projectPath } from "./paths.js";
import { GENERATED } from "./printers/header.js";
import { oneProblem } from "./problems.js";

/** The text of a file before and after a run; `undefined` if it does not exist. */
export interface Change {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * Compares the new files with the existing ones. `obsolete` has files of earlier runs. Throws if a file in the way does not have
 * the mark of generated files, because somebody else wrote it.
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
      const before = await readIfThere(join(out, path), cwd);
      if (before !== undefined && !isOurs(path, before)) {
        throw oneProblem(
          { file: projectPath(cwd, join(out, path)) },
          "codegen did not write this file and will not change it; move it, or choose another directory with --out",
        );
      }
      return { path, before, after };
    }),
  );
}

/**
 * Writes the changes. Each file is written to a temporary file, then moved, so it is never incomplete. Throws `CodegenError`, with
 * the path relative to `cwd`, if the file system refuses that.
 */
export async function apply(out: string, changes: readonly Change[], cwd: string): Promise<void> {
  for (const { path, before, after } of changes) {
    if (before === after) continue;
    const target = join(out, path);
    try {
      await (after === undefined ? remove(target) : write(target, after));
    } catch (error) {
      throw fileProblem(target, cwd, error) ?? error;
    }
  }
}

async function remove(target: string): Promise<void> {
  await rm(target, { force: true });
  await rmdir(dirname(target)).catch(() => undefined); // only if that was its last file
}

async function write(target: string, text: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await replace(target, temporary);
}

/** Moves a file over another. Windows refuses that while a program, such as an editor or a virus scanner, has the other one open. */
async function replace(target: string, temporary: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await rename(temporary, target);
    } catch (error) {
      const isHeld = process.platform === "win32" && HELD.has((error as NodeJS.ErrnoException).code);
      if (isHeld && tries < MOST_TRIES) {
        await pause(PAUSE_MS);
        continue;
      }
      await rm(temporary, { force: true });
      throw isHeld ? new Error(`${target} cannot be replaced: another program has it open`, { cause: error }) : error;
    }
  }
}

/** The errors of Windows for a file that a program has open. */
const HELD: ReadonlySet<string | undefined> = new Set(["EPERM", "EACCES", "EBUSY"]);
const MOST_TRIES = 20;
const PAUSE_MS = 50;

/** Returns whether codegen wrote a file. Generated files have the mark in their first lines. */
function isOurs(path: string, text: string): boolean {
  return path === MANIFEST || text.slice(0, 1_000).includes(GENERATED);
}
