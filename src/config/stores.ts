import { accessSync, existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import type { RealmConfig } from "../router/config.js";
import { lmdbStore } from "../router/store/lmdb.js";
import { memoryStore } from "../router/store/memory.js";
import type { ReferenceContext } from "./references.js";
import type { StoreSettings } from "./settings.js";

/** The mode flag of `access` for write permission. */
const WRITABLE = 2;

interface Context extends ReferenceContext {
  readonly path: string;
  /** Whether the router has a cluster. */
  readonly hasCluster: boolean;
}

/** Returns the event store of a realm. Adds a problem for a missing package or cluster. Errors on opening name the setting. */
export async function storeOf(
  settings: StoreSettings,
  { path, dir, problems, hasCluster }: Context,
): Promise<Pick<RealmConfig, "store">> {
  if (settings.type === "memory") {
    const { type: _, ...options } = settings;
    return { store: () => memoryStore(options) };
  }
  if (settings.type === "nats") {
    if (!hasCluster)
      problems.add(path, 'this store needs a cluster; set cluster to { "type": "nats" }, or choose "lmdb"');
    const { type: _, ...options } = settings;
    const { natsStore } = await import("../cluster/nats/nats-store.js");
    return { store: natsStore(options) };
  }
  const { type: _, ...options } = settings;
  if (!isInstalled("lmdb")) problems.add(path, 'the package "lmdb" is not installed: npm install lmdb');
  const open = lmdbStore({ ...options, path: resolve(dir, options.path) });
  return {
    store(realm) {
      try {
        return open(realm);
      } catch (error) {
        const words =
          directoryFault(resolve(dir, options.path)) ?? (error instanceof Error ? error.message : String(error));
        throw new Error(`${path}.path: ${words}`, { cause: error });
      }
    },
  };
}

/**
 * Returns why files cannot be written to a directory, which is created if it does not exist; `undefined` if no reason is
 * found.
 */
export function directoryFault(directory: string): string | undefined {
  let nearest = directory;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  if (!statSync(nearest).isDirectory()) return `"${nearest}" is not a directory; choose another path`;
  try {
    accessSync(nearest, WRITABLE);
    return undefined;
  } catch {
    return `no permission to write to "${nearest}"; change its permissions or choose another path`;
  }
}

/** Returns whether a package is installed. */
export function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return false;
    throw error;
  }
}
