import type { NodeId } from "./engine.js";

/**
 * What carries a cluster, such as NATS. It promises little: messages may be lost, and answers of the directory, too. `carried-engine.ts` makes a
 * reliable engine of it.
 */
export interface Carrier {
  /** Begins to tell. Resolves when everything that the directory holds has been told. */
  open(me: NodeId, told: CarrierListener): Promise<void>;
  /** Gets ready what else stands on it, once the node is known to fit into the cluster, and before it has joined. */
  prepare?(): Promise<void>;
  /** Sends to the inbox of one node. It may be lost; what comes from one node comes in order. */
  post(to: NodeId, bytes: Uint8Array): void;
  /** Sends to all nodes, this one included. It may be lost. */
  broadcast(bytes: Uint8Array): void;
  /** Finds out whether anybody is at the inbox of a node. Tells `unreachable` where it knows that there is not. */
  probe(node: NodeId): void;
  /** Writes the directory, as `Engine.write` says. */
  write(key: string, value: string | undefined, revision: number): Promise<number>;
  /** Sends what is under way, and tells nothing more. */
  close(): Promise<void>;
}

/** What a carrier tells; never from within a call to it. No method throws. */
export interface CarrierListener {
  /** A node has sent something here. */
  received(from: NodeId, bytes: Uint8Array): void;
  /** A node has sent something to all. */
  heard(from: NodeId, bytes: Uint8Array): void;
  /** As `EngineListener.changed`, for all keys. */
  changed(key: string, value: string | undefined, revision: number): void;
  /** Nobody is at the inbox of a node. */
  unreachable(node: NodeId): void;
}
