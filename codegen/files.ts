import { readFile } from "node:fs/promises";

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

/** Returns the text of a file with line feeds only, whatever its line endings are; `undefined` if the file does not exist. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).replaceAll("\r\n", "\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
