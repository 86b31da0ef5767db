import { createRequire } from "node:module";

/** The packages that read contracts: optional peers, since who only calls or routes does not need them. */
const PACKAGES = ["ts-morph", "tsx"] as const;

/** Packages that codegen needs are not installed. The message is the command that installs them. */
export class MissingPackagesError extends Error {
  override readonly name = "MissingPackagesError";

  constructor(readonly packages: readonly string[]) {
    super(`wampact needs ${packages.join(" and ")} to read contracts: npm install --save-dev ${packages.join(" ")}`);
  }
}

/** Throws `MissingPackagesError`, with all names at once, where a package that reads contracts is not installed. */
export function requirePackages(): void {
  const missing = PACKAGES.filter((name) => !isInstalled(name));
  if (missing.length > 0) throw new MissingPackagesError(missing);
}

/** Loads `ts-morph`. By `require`: of a CommonJS module, `import()` reads all the text twice, which takes a tenth of a second here. */
export function loadTsMorph(): typeof import("ts-morph") {
  return createRequire(import.meta.url)("ts-morph");
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return false;
    throw error;
  }
}
