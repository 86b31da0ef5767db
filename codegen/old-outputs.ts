import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { findUp } from "./compiler-settings.js";
import { MANIFEST, readManifest } from "./manifest.js";
import { directoriesBelow, projectPath } from "./paths.js";

/**
 * Returns advice on directories that an earlier run has written to, before the output or the contracts were moved. Nothing
 * updates those files any more, but imports of them still compile.
 */
export async function adviseOnOldOutputs(
  cwd: string,
  run: { readonly outputs: readonly string[]; readonly sources: readonly string[] },
): Promise<readonly string[]> {
  const notes: string[] = [];
  for await (const directory of directoriesBelow(cwd)) {
    if (run.outputs.includes(directory) || !existsSync(join(directory, MANIFEST))) continue;
    if (findUp(directory, "package.json") !== findUp(cwd, "package.json")) continue; // belongs to another package with its own paths
    const { files } = await readManifest(directory, cwd).catch(() => ({ files: {} })); // the next run reports a broken manifest
    const moved = Object.keys(files).filter(
      (source) => run.sources.includes(source) || !existsSync(resolve(cwd, source)),
    );
    if (moved.length === 0) continue;
    notes.push(
      `${projectPath(cwd, directory)} still has files that an earlier run generated from ${moved.join(", ")}. They are no longer updated: remove them.`,
    );
  }
  return notes;
}
