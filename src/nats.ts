export { natsCluster } from "./cluster/nats/nats-cluster.js";
export { type NatsStoreOptions, natsStore } from "./cluster/nats/nats-store.js";
export type { NatsClusterOptions, NatsCredentials, NatsTls } from "./cluster/nats/options.js";
