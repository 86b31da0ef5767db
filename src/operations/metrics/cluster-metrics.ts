import type { ClusterStatus } from "../../router/realm-link.js";
import type { Exposition } from "./exposition.js";

/** Writes how a router stands among those of its cluster. */
export function writeCluster(out: Exposition, cluster: ClusterStatus): void {
  const { state, peers, sent, resent, barrierSkipped, directoryRevision } = cluster;
  const gauge = (name: string, help: string, value: number) => out.single({ name, type: "gauge", help }, value);
  const counter = (name: string, help: string, value: number) => out.single({ name, type: "counter", help }, value);
  gauge("wampact_cluster_peers", "Other routers of the cluster that are up.", peers.length);
  const suspects = peers.filter(({ suspect }) => suspect).length;
  gauge("wampact_cluster_suspect_peers", "Those of them that show no sign of life.", suspects);
  gauge("wampact_cluster_isolated", "1 while the cluster cannot be reached.", Number(state === "isolated"));
  const unacknowledged = "wampact_cluster_unacknowledged_bytes";
  out.head({ name: unacknowledged, type: "gauge", help: "Bytes that another router has not acknowledged." });
  for (const { node, unacknowledgedBytes } of peers) out.sample(unacknowledged, { node }, unacknowledgedBytes);
  counter("wampact_cluster_sent_total", "Messages to other routers, without acknowledgements.", sent);
  counter("wampact_cluster_resent_total", "Messages to other routers that were sent again.", resent);
  counter(
    "wampact_cluster_barrier_skipped_total",
    "Times that a router without a sign of life was not awaited.",
    barrierSkipped,
  );
  gauge("wampact_cluster_directory_revision", "The last revision of the directory that has come.", directoryRevision);
}
