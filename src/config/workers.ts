import type { Problems } from "./problems.js";
import type { WampactConfig } from "./settings.js";

/** The maximum number of processes of a router. */
export const MOST_WORKERS = 64;

/** Adds a problem for each setting that several processes cannot have. */
export function checkWorkers({ workers = 1, realms = [], listeners = [] }: WampactConfig, problems: Problems): void {
  if (workers === 1) return;
  if (process.platform === "win32")
    problems.add(
      "workers",
      "several processes cannot share a port on Windows; leave it out, or run routers of a cluster",
    );
  for (const [index, listener] of listeners.entries()) {
    const http =
      listener.type === "universal" ? listener.websocket : listener.type === "websocket" ? listener : undefined;
    if (!http?.longPoll) continue;
    problems.add(
      `listeners[${index}].${listener.type === "universal" ? "websocket." : ""}longPoll`,
      "requests of a long-poll session must all reach the same process; remove workers, or use WebSockets",
    );
  }
  for (const [index, { store }] of realms.entries())
    if (store?.type === "lmdb")
      problems.add(
        `realms[${index}].store`,
        "only one process can use an LMDB file; remove workers, or use the type memory",
      );
}
