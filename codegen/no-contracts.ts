import { projectPath } from "./paths.js";
import { type CodegenError, oneProblem } from "./problems.js";
import type { ReadContracts } from "./read.js";

/** The error of a run that has found no contract, which must not pass for success: the paths may be wrong. It says where the run looked. */
export function noContracts({ places, inputs }: Pick<ReadContracts, "places" | "inputs">): CodegenError {
  const file = places.roots.map(({ path }) => projectPath(places.cwd, path) || ".").join(", ");
  const found =
    inputs.length === 0
      ? "there is no TypeScript module"
      : inputs.length === 1
        ? "the one module there exports no procedure, topic or error"
        : `none of the ${inputs.length} modules there exports a procedure, topic or error`;
  const advice = 'name contract files or directories, or set "wampact": { "schemas": "…" } in package.json';
  return oneProblem({ file }, `no contracts found: ${found}; ${advice}`);
}

/** The contracts of a run that needs some. Throws `CodegenError` where it has found none. */
export function requireContracts(read: ReadContracts): ReadContracts {
  if (read.contracts.length === 0) throw noContracts(read);
  return read;
}
