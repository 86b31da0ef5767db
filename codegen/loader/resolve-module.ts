import { statSync } from "node:fs";
import { resolve } from "node:path";

/** Finds the file of a relative import. As in TypeScript, `./x.js` names `./x.ts`. */
export function resolveModule(directory: string, specifier: string): string | undefined {
  const path = resolve(directory, specifier);
  const candidates = [path.replace(/\.([cm]?)js$/, ".$1ts"), path, `${path}.ts`, resolve(path, "index.ts")];
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}
