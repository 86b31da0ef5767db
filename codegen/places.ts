import { stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { ThinSettings } from "../src/config/settings.js";
import { directoriesBelow, projectPath } from "./paths.js";
import { oneProblem } from "./problems.js";
import { type ProjectSettings, readProjectSettings } from "./project-settings.js";

/** The directory of contracts, unless the project or the caller names others. */
const CONTRACT_DIRECTORY = "schemas";

/** The places where a run looks for contracts and writes its output. All paths are absolute. */
export interface Places {
  readonly cwd: string;
  readonly roots: readonly Root[];
  /** The directories in which the project keeps contracts, whether this run looks there or not. */
  readonly kept: readonly string[];
  /** The output directory. If it is not given, each contract's files go beside it. */
  readonly out: string | undefined;
  readonly importExtension: ProjectSettings["importExtension"];
  /** The thin clients to print; `undefined` for none. */
  readonly thin: ThinPlaces | undefined;
}

/** The contracts with a thin client, and the settings of those clients. */
export interface ThinPlaces extends Required<Pick<ThinSettings, "history" | "checkEvents" | "middleware">> {
  /** Absolute paths of files and directories; `undefined` for all contracts. */
  readonly contracts: readonly string[] | undefined;
}

/** A contract file, or a directory of contract files. */
export interface Root {
  readonly path: string;
  readonly isDirectory: boolean;
}

/** Paths that a caller gives. They override the project's settings, and are relative to `cwd`. */
export interface PlaceOptions {
  readonly cwd?: string;
  readonly files?: readonly string[];
  readonly out?: string | undefined;
  /** Whether every contract of the run has a thin client. Default: the project's settings. */
  readonly thin?: boolean | undefined;
}

/** Finds the places of a run. Throws `CodegenError` for a path that does not exist, and for invalid settings. */
export async function findPlaces(options: PlaceOptions): Promise<Places> {
  const cwd = resolve(options.cwd ?? ".");
  const settings = await readProjectSettings(cwd);
  const given = options.files ?? [];
  const kept = [settings.schemas ?? CONTRACT_DIRECTORY].flat();
  const hint = given.length > 0 ? "name a contract file or a directory" : await hintAt(cwd);
  const out = options.out ?? settings.out;
  return {
    cwd,
    roots: await Promise.all((given.length > 0 ? given : kept).map((path) => rootAt(cwd, path, hint))),
    kept: kept.map((path) => resolve(cwd, path)),
    out: out === undefined ? undefined : resolve(cwd, out),
    importExtension: settings.importExtension,
    thin: await thinPlaces(cwd, settings.thin, options.thin),
  };
}

async function thinPlaces(
  cwd: string,
  settings: ThinSettings | undefined,
  isAsked: boolean | undefined,
): Promise<Places["thin"]> {
  if (isAsked === false || (!isAsked && !settings)) return undefined;
  const { contracts, history = false, checkEvents = false, middleware = false } = settings ?? {};
  const paths = contracts === undefined || isAsked ? undefined : [contracts].flat();
  const hint = "name contract files or directories in thin.contracts";
  const named = paths && (await Promise.all(paths.map((path) => rootAt(cwd, path, hint))));
  return { contracts: named?.map(({ path }) => path), history, checkEvents, middleware };
}

/** Returns whether a contract has a thin client. */
export function isThin({ thin }: Places, file: string): boolean {
  return thin?.contracts?.some((path) => path === file || isWithin(path, file)) ?? thin !== undefined;
}

/** Returns the directory that a contract's path is relative to: the contract directory, otherwise the file's own. */
export function baseOf({ cwd, roots, kept, out }: Places, file: string): string {
  const known = kept.find((directory) => isWithin(directory, file)) ?? schemasAbove(cwd, file);
  if (known !== undefined) return known;
  const given = roots.map(({ path }) => path).concat(out === undefined ? [] : dirname(out));
  return given.find((directory) => isWithin(directory, file)) ?? dirname(file);
}

/** Returns the output directory of a contract. */
export function outputOf(places: Places, file: string): string {
  return places.out ?? join(baseOf(places, file), "generated");
}

/** Returns every directory that a run writes to, the first root's first. */
export function outputsOf(places: Places, inputs: readonly string[]): readonly string[] {
  return [...new Set([...places.roots.map(fileIn), ...inputs].map((file) => outputOf(places, file)))];
}

/** Returns the contract directory of the first root. Files that exist once for each run are written there. */
export function mainBase(places: Places): string {
  const [root] = places.roots;
  return root ? baseOf(places, fileIn(root)) : places.cwd;
}

/** Returns a path that is a contract's, or could be. */
function fileIn({ path, isDirectory }: Root): string {
  return isDirectory ? join(path, "contract.ts") : path;
}

/** Returns the nearest directory named `schemas` above a file, within the project. */
function schemasAbove(cwd: string, file: string): string | undefined {
  for (let each = dirname(file); isWithin(cwd, each); each = dirname(each)) {
    if (basename(each) === CONTRACT_DIRECTORY) return each;
  }
  return undefined;
}

function isWithin(directory: string, file: string): boolean {
  const inside = relative(directory, file);
  return inside !== "" && !inside.startsWith("..") && !isAbsolute(inside); // absolute on another drive
}

/** Suggests where contracts may be, in a project that keeps them elsewhere. */
async function hintAt(cwd: string): Promise<string> {
  for await (const directory of directoriesBelow(cwd)) {
    if (basename(directory) !== CONTRACT_DIRECTORY) continue;
    const found = projectPath(cwd, directory);
    return `name ${found}, or set "wampact": { "schemas": "${found}" } in package.json`;
  }
  return "create it, or name the contract files";
}

async function rootAt(cwd: string, path: string, hint: string): Promise<Root> {
  const absolute = resolve(cwd, path);
  const stats = await stat(absolute).catch(() => undefined);
  if (!stats) throw oneProblem({ file: path }, `there is no such file or directory; ${hint}`);
  return { path: absolute, isDirectory: stats.isDirectory() };
}
