import type { NatsConnection } from "@nats-io/transport-node";
import type { NatsPackages } from "./packages.js";

/** What else uses the connection of a carrier. Its methods but `open` throw nothing and never reject. */
export interface Tenant {
  /** The connection is there, and the router fits into the cluster. Resolves when the tenant is ready; the router has not joined before. Rejects in words, and the router does not join. */
  open(connection: NatsConnection, packages: NatsPackages): Promise<void>;
  /** The connection is lost; the client looks for another server. */
  disconnected(): void;
  /** The connection is back: what was on its way is lost. */
  reconnected(): void;
  /** The connection is about to be closed. */
  leave(): Promise<void>;
}
