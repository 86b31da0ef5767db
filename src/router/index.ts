/** Entry `wampact/router`: the router, for Node. */
export type { SessionDetails } from "../session/details.js";
export type { Transport } from "../transport/transport.js";
export type { Serializer } from "../wire/serializer.js";
export {
  createRouter,
  type HistoryOptions,
  type Listening,
  type ListenOptions,
  type RealmConfig,
  type Router,
  type RouterConfig,
  type TrustedParty,
} from "./router.js";
export { type MemoryStoreOptions, memoryStore } from "./store/memory.js";
export type { EventStore, HistoryKey, StoredEvent } from "./store/store.js";
