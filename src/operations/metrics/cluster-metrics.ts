import type { ClusterStatus } from "../../router/realm-link.js";
import type { Exposition } from "./exposition.js";

/** Writes the cluster metrics of a router. */
export function writeCluster(out: Exposition, cluster: ClusterStatus): void {
  const { state, peers, sent, resent, unreadable, barrierSkipped, directoryRevision } = cluster;
  const gauge = (name: string, help: string, value: number) => out.single({ name, type: "gauge", help }, value);
  const counter = (name: string, help: string, value: number) => out.single({ name, type: "counter", help }, value);
  gauge("wampact_cluster_peers", "Connected routers of the cluster.", peers.length);
  const suspects = peers.filter(({ suspect }) => suspect).length;
  gauge("wampact_cluster_suspect_peers", "Connected routers of the cluster that do not respond.", suspects);
  gauge("wampact_cluster_isolated", "1 while the cluster is unreachable.", Number(state === "isolated"));
  const unacknowledged = "wampact_cluster_unacknowledged_bytes";
  out.head({ name: unacknowledged, type: "gauge", help: "Bytes that another router has not acknowledged, by router." });
  for (const { node, unacknowledgedBytes } of peers) out.sample(unacknowledged, { node }, unacknowledgedBytes);
  counter("wampact_cluster_sent_total", "Messages to other routers, without acknowledgements.", sent);
  counter("wampact_cluster_resent_total", "Messages to other routers that were resent.", resent);
  counter("wampact_cluster_unreadable_total", "Ignored messages that no router has sent.", unreadable);
  counter(
    "wampact_cluster_barrier_skipped_total",
    "Times that an unresponsive router was not waited for.",
    barrierSkipped,
  );
  gauge("wampact_cluster_directory_revision", "The last received revision of the directory.", directoryRevision);
}
