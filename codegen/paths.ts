import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Returns a path for messages: relative to the project, with forward slashes. */
export function projectPath(cwd: string, file: string): string {
  return slashed(relative(cwd, file));
}

/** Returns the path with forward slashes on every platform. */
export function slashed(path: string): string {
  return path.split(sep).join("/");
}

/** Yields the directories of a project, the nearest first. It skips hidden and installed ones, and very deep ones. */
export async function* directoriesBelow(root: string): AsyncGenerator<string, void, void> {
  let level = [root];
  for (let depth = 0; depth < DEEPEST_DIRECTORY && level.length > 0; depth++) {
    const next: string[] = [];
    for (const directory of level) {
      const entries = await readdir(directory, { withFileTypes: true }).catch(() => []); // removed, or not readable
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
