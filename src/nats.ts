export { natsCluster } from "./cluster/nats/nats-cluster.js";
export type { NatsClusterOptions, NatsCredentials, NatsTls } from "./cluster/nats/options.js";
