import { type FSWatcher, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { timerMs } from "../src/transport/timer.js";
import { callback, checkSettings, type SettingRules } from "../src/wire/settings.js";
import { GENERATE_RULES, type Generated, type GenerateOptions, generateFiles } from "./generate.js";
import { findInputs } from "./inputs.js";
import { relativeImports } from "./loader/source.js";
import { requirePackages } from "./packages.js";
import { findPlaces, outputsOf } from "./places.js";

export interface WatchOptions extends GenerateOptions {
  /** Called after each run. */
  readonly onGenerated: (generated: Generated) => void;
  /** Called after a failed run, for example on incomplete code. Watching continues. */
  readonly onError: (error: unknown) => void;
  /** Time without file changes before a run, in milliseconds. Default: 100. A number from 0. */
  readonly debounceMs?: number;
}

const RULES: SettingRules<WatchOptions> = {
  ...GENERATE_RULES,
  onGenerated: callback,
  onError: callback,
  debounceMs: {
    expected: "a non-negative number",
    accepts: (value) => typeof value === "number" && value >= 0,
  },
};

export interface Watch {
  /** Stops watching. A run in progress finishes first. */
  close(): Promise<void>;
}

/**
 * Generates now, and again whenever a contract or a module that it imports by a relative path changes. Throws
 * `MissingPackagesError` if `ts-morph` or `tsx` is not installed, and `TypeError` for an unknown option or an invalid value.
 */
export async function watchContracts(options: WatchOptions): Promise<Watch> {
  checkSettings(options, RULES, "watchContracts");
  requirePackages();
  const watcher = new ContractWatcher(options);
  await watcher.run();
  return watcher;
}

class ContractWatcher implements Watch {
  readonly #options: WatchOptions;
  #outputs: readonly string[] = [];
  readonly #directories = new Map<string, FSWatcher>(); // editors replace files, so directories are watched
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Runs once, after a run in progress. */
  run(): Promise<void> {
    this.#running = this.#running.then(async () => {
      if (this.#closed) return;
      await this.#watchDirectories().catch(this.#options.onError); // before the run, so that no change is missed
      await generateFiles(this.#options).then(this.#options.onGenerated).catch(this.#options.onError);
    });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#directories.values()) watcher.close();
    this.#directories.clear();
    await this.#running;
  }

  async #watchDirectories(): Promise<void> {
    const places = await findPlaces(this.#options);
    const inputs = await findInputs(places);
    this.#outputs = outputsOf(places, inputs);
    const files = await relativeImports(inputs);
    const roots = await Promise.all(places.roots.map(({ path }) => directoriesIn(path)));
    const wanted = new Set([...[...files].map((file) => dirname(file)), ...roots.flat()]);
    for (const directory of wanted) {
      if (this.#directories.has(directory) || this.#isOutput(directory)) continue;
      const watcher = watch(directory, (_event, name) => this.#onChange(directory, name));
      watcher.once("error", () => {
        watcher.close(); // the directory was removed; it is found again if it returns
        this.#directories.delete(directory);
      });
      this.#directories.set(directory, watcher);
    }
  }

  #onChange(directory: string, name: string | null): void {
    if (name !== null && !/\.[cm]?tsx?$|^[^.]+$/.test(name)) return; // a module, or a directory
    if (name !== null && this.#isOutput(join(directory, name))) return;
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => this.run(), timerMs(this.#options.debounceMs ?? 100));
  }

  #isOutput(path: string): boolean {
    return this.#outputs.some((out) => path === out || path.startsWith(`${out}${sep}`));
  }
}

/** Returns the directory and those below it, or nothing for a file. */
async function directoriesIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return [];
  const below = entries.filter((entry) => entry.isDirectory() && entry.name !== "node_modules");
  return [path, ...(await Promise.all(below.map((entry) => directoriesIn(join(path, entry.name))))).flat()];
}
