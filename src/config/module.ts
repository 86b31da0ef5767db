import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** The maximum time to load a module, in milliseconds. */
const LIMIT_MS = 30_000;

let loads = 0; // makes the URL of a reloaded module unique

/**
 * Loads a module of the application, without cache; its imports may be cached. TypeScript needs the package `tsx`, or a Node
 * version that runs it. Throws the module's error, and `Error` if nothing can run TypeScript or loading takes longer than 30 s.
 */
export async function loadModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`loading took longer than ${LIMIT_MS / 1_000} s`)), LIMIT_MS);
  });
  try {
    return await Promise.race([/\.[cm]?ts$/.test(file) ? loadTypeScript(file) : importAnew(file), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the message of a module's error, with the line in its file if known. */
export function moduleFault(error: unknown, file: string): string {
  if (!(error instanceof Error)) return String(error);
  const [, after = ""] = (error.stack ?? "").split(pathToFileURL(realPathOf(file)).href, 2);
  const [, line] = /^(?:\?load=\d+)?:(\d+)/.exec(after) ?? [];
  if (line !== undefined) return `line ${line}: ${error.message}`;
  const isUnplaced = error instanceof SyntaxError && /\.m?js$/.test(file); // Node does not report the line
  return isUnplaced ? `${error.message}; node --check ${file} shows the line` : error.message;
}

/** Returns a path without links, by which Node names modules in stacks. */
function realPathOf(file: string): string {
  try {
    return realpathSync.native(file);
  } catch {
    return file; // it does not exist
  }
}

function importAnew(file: string): Promise<Readonly<Record<string, unknown>>> {
  const url = pathToFileURL(file);
  if (loads++ > 0) url.searchParams.set("load", String(loads));
  return import(url.href);
}

async function loadTypeScript(file: string): Promise<Readonly<Record<string, unknown>>> {
  const tsx = await findTsx();
  if (tsx) return tsx.tsImport(pathToFileURL(file).href, import.meta.url);
  if ("typescript" in process.features && process.features.typescript) return importAnew(file);
  throw new Error(
    `Node ${process.versions.node} does not run TypeScript: npm install --save-dev tsx, use Node 22.18 or later, or write it as .mjs`,
  );
}

async function findTsx(): Promise<typeof import("tsx/esm/api") | undefined> {
  try {
    return await import("tsx/esm/api");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
