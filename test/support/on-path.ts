import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The first of these programs on the PATH. */
export function onPath(...names: readonly string[]): string | undefined {
  const candidates = names.flatMap((name) =>
    (process.env.PATH ?? "").split(delimiter).map((directory) => join(directory, name)),
  );
  return candidates.find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
