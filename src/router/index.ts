/** Entry `wampact/router`: the router, for Node. */
export type { Clock } from "../session/clock.js";
export type { SessionDetails } from "../session/details.js";
export type { Transport } from "../transport/transport.js";
export type { Serializer } from "../wire/serializer.js";
export type { DisclosingAction, Disclosure } from "./disclosure.js";
export type { RealmStats } from "./realm.js";
export {
  createRouter,
  type HistoryOptions,
  type Listening,
  type ListenOptions,
  type Party,
  type RealmConfig,
  type Router,
  type RouterConfig,
} from "./router.js";
export type { StoreBounds } from "./store/bounds.js";
export { type MemoryStoreOptions, memoryStore } from "./store/memory.js";
export type { EventStore, EventStoreStats, HistoryKey, HistoryRange, StoredEvent } from "./store/store.js";
