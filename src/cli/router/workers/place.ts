import cluster from "node:cluster";

/** Set in the environment of a worker. */
export const WORKER_VARIABLE = "WAMPACT_WORKER";

/** Returns whether this process is a worker of a router. */
export function isWorker(): boolean {
  return cluster.isWorker && process.env[WORKER_VARIABLE] !== undefined;
}
