import type { Problems } from "./problems.js";
import type { WampactConfig } from "./settings.js";

/** How many processes a router may have. */
export const MOST_WORKERS = 64;

/** What cannot be with several processes. */
export function checkWorkers({ workers = 1, realms = [] }: WampactConfig, problems: Problems): void {
  if (workers === 1) return;
  if (process.platform === "win32")
    problems.add(
      "workers",
      "several processes cannot share a port on Windows; leave it out, or run routers of a cluster",
    );
  for (const [index, { store }] of realms.entries())
    if (store?.type === "lmdb")
      problems.add(
        `realms[${index}].store`,
        "a file of lmdb is for one process, and workers are several; leave workers out, or take the type memory",
      );
}
