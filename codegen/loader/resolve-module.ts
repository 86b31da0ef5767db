import { statSync } from "node:fs";
import { resolve } from "node:path";

/** The file of a relative import. `./x.js` stands for `./x.ts`, as TypeScript has it. */
export function resolveModule(directory: string, specifier: string): string | undefined {
  const path = resolve(directory, specifier);
  const candidates = [path.replace(/\.([cm]?)js$/, ".$1ts"), path, `${path}.ts`, resolve(path, "index.ts")];
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}
