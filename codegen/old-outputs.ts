import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { findUp } from "./compiler-settings.js";
import { MANIFEST, readManifest } from "./manifest.js";
import { directoriesBelow, projectPath } from "./paths.js";

/**
 * Notes on directories that an earlier run has written to, before the output or the contracts moved: nobody keeps up to date what is
 * left there, and imports of it still compile.
 */
export async function adviseOnOldOutputs(
  cwd: string,
  run: { readonly outputs: readonly string[]; readonly sources: readonly string[] },
): Promise<readonly string[]> {
  const notes: string[] = [];
  for await (const directory of directoriesBelow(cwd)) {
    if (run.outputs.includes(directory) || !existsSync(join(directory, MANIFEST))) continue;
    if (findUp(directory, "package.json") !== findUp(cwd, "package.json")) continue; // another package's, with paths of its own
    const { files } = await readManifest(directory, cwd).catch(() => ({ files: {} })); // of no run that goes on
    const moved = Object.keys(files).filter(
      (source) => run.sources.includes(source) || !existsSync(resolve(cwd, source)),
    );
    if (moved.length === 0) continue;
    notes.push(
      `${projectPath(cwd, directory)} still has files that an earlier run has generated from ${moved.join(", ")}; they are no longer kept up to date: remove them.`,
    );
  }
  return notes;
}
