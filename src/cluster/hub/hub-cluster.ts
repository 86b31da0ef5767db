import { createRequire } from "node:module";
import type { Cluster, JoinableCluster } from "../../router/realm-link.js";
import type { NodeId } from "../engine.js";
import { Member } from "../member.js";
import { HubEngine } from "./hub-engine.js";
import type { Channel, FromHub, ToHub } from "./messages.js";

const { version } = createRequire(import.meta.url)("wampact/package.json") as { version: string };

/** The options of a worker's cluster. */
export interface HubClusterOptions {
  /** The worker's unique name. */
  readonly node: NodeId;
  readonly channel: Channel<ToHub, FromHub>;
  /** The Unix socket on which it accepts other workers, in a folder that only this user may enter. */
  readonly path: string;
}

/** Joins the workers of one machine to one realm, through a `Hub`. */
export function hubCluster({ node, channel, path }: HubClusterOptions): Cluster {
  const cluster: JoinableCluster = {
    kind: "hub",
    member(host) {
      const { clock, report } = host;
      return new Member(new HubEngine({ clock, channel, path, report }), { node, version }, host);
    },
  };
  return cluster;
}
