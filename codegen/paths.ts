import { relative, sep } from "node:path";

/** A path as people write it: relative to the project, with forward slashes. */
export function projectPath(cwd: string, file: string): string {
  return slashed(relative(cwd, file));
}

/** The path with forward slashes, whatever the platform has. */
export function slashed(path: string): string {
  return path.split(sep).join("/");
}
