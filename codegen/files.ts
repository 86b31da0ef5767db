import { readFile } from "node:fs/promises";
import { projectPath } from "./paths.js";
import { type CodegenError, oneProblem } from "./problems.js";

/** A file that a run writes, relative to the output directory. */
export interface OutputFile {
  readonly path: string;
  readonly text: string;
}

/** The files that a run generates from one contract. */
export interface Product {
  /** The contract file, relative to the project. */
  readonly source: string;
  readonly files: readonly OutputFile[];
}

/**
 * Returns the text of a file with line feeds only, whatever its line endings are; `undefined` if the file does not exist. Throws
 * `CodegenError`, with the path relative to `cwd`, for a file that cannot be read.
 */
export async function readIfThere(path: string, cwd: string = process.cwd()): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).replaceAll("\r\n", "\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileProblem(path, cwd, error) ?? error;
  }
}

/** Returns the error to report if the file system refused something. */
export function fileProblem(path: string, cwd: string, error: unknown): CodegenError | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  return oneProblem({ file: projectPath(cwd, path) }, `${REASONS[code] ?? CHECK} (${code})`);
}

const CHECK = "the file system refuses access; check the path, its owner and the free space";
const IN_THE_WAY = "a file is where a directory is needed, or the reverse; move it, or choose another path";
const REASONS: Readonly<Record<string, string>> = { ENOTDIR: IN_THE_WAY, EEXIST: IN_THE_WAY, EISDIR: IN_THE_WAY };
