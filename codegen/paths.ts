import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** A path as people write it: relative to the project, with forward slashes. */
export function projectPath(cwd: string, file: string): string {
  return slashed(relative(cwd, file));
}

/** The path with forward slashes, whatever the platform has. */
export function slashed(path: string): string {
  return path.split(sep).join("/");
}

/** Directories of a project, the nearest first; without hidden ones, what is installed, and what is deeper than projects go. */
export async function* directoriesBelow(root: string): AsyncGenerator<string, void, void> {
  let level = [root];
  for (let depth = 0; depth < DEEPEST_DIRECTORY && level.length > 0; depth++) {
    const next: string[] = [];
    for (const directory of level) {
      const entries = await readdir(directory, { withFileTypes: true }).catch(() => []); // gone, or not ours to read
      for (const entry of entries) {
        if (!entry.isDirectory() || entry.name.startsWith(".") || entry.name === "node_modules") continue;
        const below = join(directory, entry.name);
        yield below;
        next.push(below);
      }
    }
    level = next;
  }
}

const DEEPEST_DIRECTORY = 6;
