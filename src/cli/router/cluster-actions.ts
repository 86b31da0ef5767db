import type { Router } from "../../router/router.js";
import type { ControlActions } from "./control.js";

/** What `wampact cluster` asks of a router. */
export function clusterActions(router: Router): ControlActions {
  return {
    "/cluster": async () => router.status().cluster ?? null,
    async "/expel"(query) {
      const node = query.get("node") ?? "";
      const { cluster } = router.status();
      if (!cluster) return { why: "the router is in no cluster: set cluster in its configuration" };
      if (node === cluster.node) return { why: `"${node}" is the router that was asked; stop it, or ask another one` };
      try {
        if (await router.expel(node)) return {};
      } catch (error) {
        return { why: error instanceof Error ? error.message : String(error) };
      }
      const others = cluster.peers.map((peer) => peer.node).join(", ");
      return { why: `no router "${node}" is up; there is ${others || "no other one"}` };
    },
  };
}
