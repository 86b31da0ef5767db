export { type LmdbStoreOptions, lmdbStore } from "./router/store/lmdb.js";
