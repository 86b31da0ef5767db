import type { NatsConnection } from "@nats-io/transport-node";
import type { NatsPackages } from "./packages.js";

/** Another user of a carrier's connection. Its methods except `open` throw nothing and never reject. */
export interface Tenant {
  /**
   * The connection is open, and the router fits into the cluster but has not joined yet. Resolves when the tenant is ready. If it
   * rejects, with a reason, the router does not join.
   */
  open(connection: NatsConnection, packages: NatsPackages): Promise<void>;
  /** The connection is lost; the client looks for another server. */
  disconnected(): void;
  /** The connection is back: messages in transit are lost. */
  reconnected(): void;
  /** The connection is about to be closed. */
  leave(): Promise<void>;
}
