import type { LinkedRealm } from "../router/realm-link.js";
import type { EndAllFrame, KillFrame } from "./frames/frame.js";

/** Ends sessions of this node on the order of another node, where an authorized client asked for it. */
export function carryOutOrder(realm: LinkedRealm, order: KillFrame | EndAllFrame): void {
  const { reason, details } = order;
  if (order.type === "END_ALL") {
    const { message, silent = false } = order.details;
    return realm.endAll({ except: order.except, reason, message, silent });
  }
  const session = realm.sessions.get(order.session);
  if (session?.node === undefined) session?.goodbye(reason, details.message);
}
