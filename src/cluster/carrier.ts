import type { NodeId } from "./engine.js";

/**
 * The transport of a cluster, such as NATS. It gives few guarantees: messages may be lost, and so may answers of the directory.
 * `carried-engine.ts` builds a reliable engine on it.
 */
export interface Carrier {
  /** Starts to deliver events to `told`. Resolves when the whole content of the directory has been delivered. */
  open(me: NodeId, told: CarrierListener): Promise<void>;
  /** Prepares other users of the carrier. Called when the node is known to fit into the cluster, and before it has joined. */
  prepare?(): Promise<void>;
  /** Sends to the inbox of one node. The message may be lost. Messages from one node arrive in order. */
  post(to: NodeId, bytes: Uint8Array): void;
  /** Sends to all nodes, this one included. The message may be lost. */
  broadcast(bytes: Uint8Array): void;
  /** Finds out whether anybody reads the inbox of a node. Calls `unreachable` if nobody does. */
  probe(node: NodeId): void;
  /** The maximum size of a value of the directory, in bytes. Default: no limit. */
  readonly maxValueBytes?: number;
  /** The number of messages that no node has sent. Default: 0. */
  readonly unreadable?: number;
  /** Writes to the directory, as `Engine.write` does. */
  write(key: string, value: string | undefined, revision: number): Promise<number>;
  /** Sends what is still queued, then delivers nothing more. */
  close(): Promise<void>;
}

/** Receives the events of a carrier, never during a call to the carrier. No method throws. */
export interface CarrierListener {
  /** A node has sent a message to this node. Returns `false` for bytes that no node sends, which are ignored. */
  received(from: NodeId, bytes: Uint8Array): boolean;
  /** A node has sent a message to all nodes. Returns `false` as `received` does. */
  heard(from: NodeId, bytes: Uint8Array): boolean;
  /** As `EngineListener.changed`, for all keys. */
  changed(key: string, value: string | undefined, revision: number): void;
  /** Nobody reads the inbox of a node. */
  unreachable(node: NodeId): void;
}
