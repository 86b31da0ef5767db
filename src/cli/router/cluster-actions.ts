import type { Router } from "../../router/router.js";
import type { ControlActions } from "./control.js";

/** Returns the actions of `wampact cluster`. */
export function clusterActions(router: Router): ControlActions {
  return {
    "/cluster": async () => router.status().cluster ?? null,
    async "/expel"(query) {
      const node = query.get("node") ?? "";
      const { cluster } = router.status();
      if (!cluster) return { why: "the router is not in a cluster: set cluster in its configuration" };
      if (node === cluster.node)
        return { why: `"${node}" is this router; stop it, or send the request to another one` };
      try {
        if (await router.expel(node)) return {};
      } catch (error) {
        return { why: error instanceof Error ? error.message : String(error) };
      }
      const others = cluster.peers.map((peer) => peer.node).join(", ");
      return { why: `unknown router "${node}"; the other routers are: ${others || "none"}` };
    },
  };
}
