/** Entry `wampact/router`: the router, for Node. */
export type { SessionDetails } from "../session/details.js";
export type { Transport } from "../transport/transport.js";
export type { Serializer } from "../wire/serializer.js";
export {
  createRouter,
  type Listening,
  type ListenOptions,
  type RealmConfig,
  type Router,
  type RouterConfig,
} from "./router.js";
