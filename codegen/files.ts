import { readFile } from "node:fs/promises";

/** A file that a run makes, relative to the output directory. */
export interface OutputFile {
  readonly path: string;
  readonly text: string;
}

/** The files that a run makes of one contract. */
export interface Product {
  /** The contract file, relative to the project. */
  readonly source: string;
  readonly files: readonly OutputFile[];
}

/** The text of a file with line feeds alone, however it was checked out; `undefined` where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).replaceAll("\r\n", "\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
