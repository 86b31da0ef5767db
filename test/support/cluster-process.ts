/** A router of a cluster in a process of its own, which a test kills, freezes and starts again under its name and port. */
import { once } from "node:events";
import type { ClusterStatus } from "wampact/router";
import { endChild, startChild } from "./child.js";
import type { Finish } from "./peers.js";

export interface ClusterRouter {
  readonly node: string;
  readonly url: string;
  readonly pid: number;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again. Resolves when it has joined and listens. */
  start(): Promise<void>;
  freeze(frozen: boolean): void;
  status(): Promise<ClusterStatus>;
}

export interface ClusterRouterOptions {
  readonly servers: string;
  readonly node: string;
  readonly leaseMs?: number;
  /** The replicas of the directory. Default: 1. */
  readonly replicas?: number;
}

/** Starts one. It ends at the latest with its test. */
export async function startClusterRouter(
  t: Finish,
  { servers, node, leaseMs = 6_000, replicas = 1 }: ClusterRouterOptions,
): Promise<ClusterRouter> {
  const start = (port: string) =>
    startChild("cluster-child.mjs", [servers, node, port, String(leaseMs), String(replicas)]);
  let [child, url] = await start("0");
  t.onTestFinished(() => endChild(child, () => child.kill("SIGKILL")));
  return {
    node,
    url,
    get pid() {
      return child.pid ?? 0;
    },
    kill: () => endChild(child, () => child.kill("SIGKILL")),
    async start() {
      [child, url] = await start(new URL(url).port);
    },
    freeze: (frozen) => void child.kill(frozen ? "SIGSTOP" : "SIGCONT"),
    async status() {
      child.send("status");
      const [status] = await once(child, "message");
      return status as ClusterStatus;
    },
  };
}
