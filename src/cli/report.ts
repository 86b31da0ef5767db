import { createTwoFilesPatch } from "diff";
import { type Change, CodegenError, MissingPackagesError } from "../../codegen/index.js";

/** Prints a unified diff of the changes. Sets a failing exit code if there are any. */
export function reportCheck(changes: readonly Change[], command: string): void {
  const stale = changes.filter(({ before, after }) => before !== after);
  for (const { path, before, after } of stale) {
    const names = [before === undefined ? "/dev/null" : path, after === undefined ? "/dev/null" : path] as const;
    process.stdout.write(createTwoFilesPatch(...names, before ?? "", after ?? "", "", ""));
  }
  if (stale.length === 0) console.log("generated files are up to date");
  else {
    console.error(`${count(stale.length, "generated file")} not up to date; run ${command}`);
    process.exitCode = 1;
  }
}

/** Returns the outcome of a run for a file. */
export function outcome({ before, after }: Change): string {
  if (after === undefined) return "removed";
  return before === after ? "unchanged" : "written";
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * Prints errors that the user can fix, one line per problem. Any other error is an internal one and is printed with its
 * stack.
 */
export function fail(error: unknown): void {
  const isForUser = error instanceof CodegenError || error instanceof MissingPackagesError;
  console.error(isForUser ? error.message : error);
  process.exitCode = 1;
}
