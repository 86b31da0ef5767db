import { projectPath } from "./paths.js";
import { type CodegenError, oneProblem } from "./problems.js";
import type { ReadContracts } from "./read.js";

/**
 * Returns the error of a run that found no contract. The paths may be wrong, so this is not a success. It says where the run
 * looked.
 */
export function noContracts({ places, inputs }: Pick<ReadContracts, "places" | "inputs">): CodegenError {
  const file = places.roots.map(({ path }) => projectPath(places.cwd, path) || ".").join(", ");
  const found =
    inputs.length === 0
      ? "there are no TypeScript modules"
      : inputs.length === 1
        ? "the only module there exports no procedure, topic or error"
        : `none of the ${inputs.length} modules there exports a procedure, topic or error`;
  const advice = 'name contract files or directories, or set "wampact": { "schemas": "…" } in package.json';
  return oneProblem({ file }, `no contracts found: ${found}; ${advice}`);
}

/** Returns the contracts of a run that needs some. Throws `CodegenError` if it found none. */
export function requireContracts(read: ReadContracts): ReadContracts {
  if (read.contracts.length === 0) throw noContracts(read);
  return read;
}
