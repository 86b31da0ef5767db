import { createRequire } from "node:module";

/** The packages that read contracts. They are optional peer dependencies, because pure callers and routers do not need them. */
const PACKAGES = ["ts-morph", "tsx"] as const;

/** Thrown if packages that codegen needs are not installed. The message is the command that installs them. */
export class MissingPackagesError extends Error {
  override readonly name = "MissingPackagesError";

  constructor(readonly packages: readonly string[]) {
    super(`wampact needs ${packages.join(" and ")} to read contracts: npm install --save-dev ${packages.join(" ")}`);
  }
}

/** Throws `MissingPackagesError`, with all names at once, if a package that reads contracts is not installed. */
export function requirePackages(): void {
  const missing = PACKAGES.filter((name) => !isInstalled(name));
  if (missing.length > 0) throw new MissingPackagesError(missing);
}

/** Loads `ts-morph` with `require`. `import()` of a CommonJS module reads the whole text twice, which takes 0.1 s here. */
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
