import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TestProject } from "../support/project.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The compilers that generated code is for, by the name of their package. */
export type Compiler = "typescript-5.9" | "typescript-6.0" | "typescript";

/** The compiler's output for a project's contracts and generated files, with the strictest settings. */
export function compile(project: TestProject, compiler: Compiler = "typescript", options: object = {}): string {
  project.write(
    "tsconfig.json",
    JSON.stringify({
      extends: "../../tsconfig.json",
      compilerOptions: { rootDir: "../..", noEmit: true, composite: false, incremental: false, ...options },
      include: ["schemas"],
    }),
  );
  const { stdout } = spawnSync(
    process.execPath,
    [`${ROOT}node_modules/${compiler}/bin/tsc`, "--project", project.dir],
    {
      cwd: project.dir,
      encoding: "utf8",
    },
  );
  return stdout
    .split("\n")
    .filter((line) => !ONLY_CONTRACTS.test(line))
    .join("\n")
    .trim();
}

/** Errors that are allowed in a contract and not in a generated file: inferred types of exports, and unused imports. */
const ONLY_CONTRACTS = /^schemas\/[^/]+\.[cm]?tsx?\(\d+,\d+\): error TS(90\d\d|6133):/;
