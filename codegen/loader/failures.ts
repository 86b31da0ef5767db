import { realpathSync } from "node:fs";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import { projectPath } from "../paths.js";
import { ContractError } from "../problems.js";
import { isZodOutdated, zodNeeded } from "./zod-version.js";

/** The outcome of a child process that sent no description. */
export type Failure =
  | { readonly kind: "failed"; readonly file: string; readonly message: string; readonly stack: string }
  | { readonly kind: "timeout"; readonly file: string; readonly timeoutMs: number }
  | { readonly kind: "ended"; readonly file: string; readonly code: number | null };

/** Returns an error that says why a contract could not be run, with file and line if they are known. */
export function explainFailure(failure: Failure, cwd: string): ContractError {
  const file = projectPath(cwd, failure.file);
  switch (failure.kind) {
    case "timeout":
      return new ContractError(
        { file },
        `has not finished loading after ${failure.timeoutMs / 1_000} s; move network calls, timers and servers out of the contract`,
      );
    case "ended":
      return new ContractError({ file }, `${endings(failure.code)}; remove the code that does this from the contract`);
    case "failed":
      if (isAboutZod(failure)) return new ContractError({ file }, zodNeeded(failure.file));
      return syntaxError(failure, cwd) ?? thrown(failure, cwd);
  }
}

/** Returns whether zod is missing or too old. wampact imports `zod/v4/core`, and contracts use features of zod 4.1. */
function isAboutZod({ file, message }: Failure & { readonly kind: "failed" }): boolean {
  if (!isZodOutdated(file)) return false;
  return /'zod(\/[^']*)?'|\/v4\/|is not a function/.test(message);
}

function endings(code: number | null): string {
  if (code === 13) return "waits at top level for a promise that never settles";
  return code === null ? "was killed while loading" : `ended its process with code ${code} while loading`;
}

/** Parses the format of esbuild, inside tsx: `file:line:column: ERROR: message`. */
function syntaxError({ message }: { readonly message: string }, cwd: string): ContractError | undefined {
  const [, file, line, what] = /^(.+?):(\d+):\d+: ERROR: (.+)$/m.exec(message) ?? [];
  if (file === undefined || what === undefined) return undefined;
  return new ContractError({ file: projectPath(cwd, file), line: Number(line) }, `syntax error: ${what}`);
}

function thrown(failure: Failure & { readonly kind: "failed" }, cwd: string): ContractError {
  const place = firstOwnFrame(failure.stack, cwd) ?? { file: projectPath(cwd, failure.file) };
  const message = failure.message.split("\n", 1)[0]?.replaceAll(`${cwd}${sep}`, "") ?? "";
  return new ContractError(place, `loading failed: ${message || "it threw an error without a message"}`);
}

/** Returns the first frame in the project's own sources. Stacks have paths without links. */
function firstOwnFrame(stack: string, cwd: string): { file: string; line: number } | undefined {
  const directory = realpathSync.native(cwd);
  for (const [, place = "", line] of stack.matchAll(
    /^ +at .*?((?:file:\/\/)?\/[^()]*?|[A-Za-z]:[^()]*?):(\d+):\d+\)?$/gm,
  )) {
    const file = projectPath(directory, place.startsWith("file:") ? fileURLToPath(place.replace(/\?.*$/, "")) : place);
    if (/\.[cm]?tsx?$/.test(file) && !/^\.\.|(^|\/)node_modules\//.test(file)) return { file, line: Number(line) };
  }
  return undefined;
}
