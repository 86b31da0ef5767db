/**
 * The foundation of a cluster. An engine reports which routers are up, carries bytes between them, and keeps a directory with
 * compare-and-set. There is one engine for NATS, one for the workers of a machine, and a simulated one. An engine knows no WAMP: it
 * never looks into frames and values.
 */

/** The name of a router in its cluster. No two live routers have the same name. */
export type NodeId = string;

/** The information that a router gives the others when it joins. */
export interface NodeHello {
  readonly node: NodeId;
  /** The newest version of the frames that it speaks. Two nodes speak the lower of theirs, which is at most one below. */
  readonly protocol: number;
  /** The version of the software, for people. */
  readonly version: string;
  /** The realms that it serves. A frame names a realm by its index in the list of the sending node. */
  readonly realms: readonly string[];
  /**
   * The settings on which nodes must agree, as JSON: realm → setting → value. Settings of the cluster itself are under `""`. If
   * both nodes serve a realm and a value differs, the node is refused.
   */
  readonly settings: string;
}

/** One lifetime of a node in the cluster. */
export interface Incarnation {
  readonly node: NodeId;
  /** Counted by the directory, from 1. It grows each time that a node joins, and each time that it returns after it was expelled. */
  readonly incarnation: number;
}

/** Another router, as the engine reports it. */
export interface PeerHello extends NodeHello, Incarnation {}

/**
 * The reason why a node is down. `left`: the node said so. `expelled`: the others expelled it because it showed no sign of life.
 * `apart`: this node was expelled, and knows no others until it has joined again.
 */
export type DownCause = "left" | "expelled" | "apart";

/**
 * Receives the events of an engine. The engine calls one method at a time, never during a call from the node, and never before
 * `join`. An exception is a fault of the node; the engine continues.
 *
 * The order of events is guaranteed:
 * - `peerUp` comes before every other event of a peer, and `peerDown` after all of them. Then the peer may come up again, as
 *   another incarnation.
 * - Frames arrive in the order in which they were sent, each exactly once: from a peer that is up, to this incarnation. None
 *   arrives from a peer that is not up (the fence).
 * - Changes of the directory come in the order of their revisions, which is the same on all nodes. While a node catches up, it
 *   may receive only the last of several changes of one key. `peerUp` comes before a change that was written by that
 *   incarnation, and `peerDown` before a change that was written by a node that knows of it.
 */
export interface EngineListener {
  /** A peer is up. When `join` resolves, all peers that are up have been reported. */
  peerUp(peer: PeerHello): void;
  /** A peer shows no sign of life, or shows one again. Messages to it wait in its pipe meanwhile. */
  peerSuspect(peer: NodeId, isSuspect: boolean): void;
  /** A peer is down for good. Messages in transit to it and from it are lost. */
  peerDown(peer: NodeId, cause: DownCause): void;
  /**
   * This node must remove what a lost incarnation has left. One node is asked after `peerDown`. If that node is lost before the
   * promise has resolved, another one is asked, so the work may be done twice. The incarnation may be an earlier one of this node
   * itself.
   */
  reap(gone: Incarnation): Promise<void>;
  /**
   * The entries of a lost incarnation were removed. All nodes receive this after `peerDown`, and before that peer is up again. All
   * that the removing node had sent before has arrived. `by` is the node that was to do it, or `undefined` where it is unknown.
   */
  reaped(gone: Incarnation, by: NodeId | undefined): void;
  /** One or more frames, as one call of `send` took them. The listener owns the bytes. */
  receive(peer: NodeId, frames: Uint8Array): void;
  /** A key of the directory has a new value, or `undefined` if it was deleted. Also called for the node's own writes. */
  changed(key: string, value: string | undefined, revision: number): void;
  /** The directory has been unreachable for so long that the others may have expelled this node. */
  isolated(): void;
  /** The directory can be reached again, and nobody has expelled this node: work continues. */
  returned(): void;
  /**
   * This node was expelled, or the directory is empty, and the node has joined again as another incarnation. `peerDown` was called
   * for all peers before. `peerUp` is called for them after this. The directory holds nothing of this incarnation.
   */
  reborn(incarnation: number): void;
}

/** The queue of this process for one peer. */
export interface Pipe {
  /** The number of bytes that were sent and not acknowledged. */
  readonly unsentBytes: number;
  /** The number of bytes beyond which producers should wait. */
  readonly window: number;
  /** Calls back once when little is queued or the peer is down. Calls back at once where that is already so. */
  onceDrained(callback: () => void): void;
}

/** The counters of an engine. */
export interface EngineStats {
  /** The number of messages to peers that carry data of `send`, each counted once. Acknowledgements and beats are not counted. */
  readonly sent: number;
  /** The number of messages that were sent again. */
  readonly resent: number;
  /** The number of messages that no node has sent. */
  readonly unreadable: number;
  /** The last revision of the directory that has arrived here. */
  readonly revision: number;
}

/** The engine of a cluster. Clock and randomness are passed in, so that a simulated engine is repeatable. */
export interface Engine {
  /**
   * Joins the cluster. Resolves with the incarnation when all live peers and all keys of the directory have been reported. Rejects
   * with a reason, for example if another node has the same name.
   */
  join(me: NodeHello, told: EngineListener): Promise<number>;
  /**
   * Leaves the cluster: the others receive `peerDown` at once. This node receives no more events. Resolves when all queued data has
   * been sent or has failed.
   */
  leave(): Promise<void>;
  /**
   * Sends bytes to a peer, in order. They arrive, or `peerDown` is called. Bytes for a peer that is not up are dropped. The engine
   * owns the bytes. Runs no callback and throws nothing.
   */
  send(peer: NodeId, frames: Uint8Array): void;
  /** Returns the queue for a peer. The queue of a peer that is not up is empty. */
  pipe(peer: NodeId): Pipe;
  /**
   * Writes a value, or deletes the key if the value is `undefined`, provided that the key has this revision. 0 means that the key
   * does not exist or was deleted. Resolves with the new revision, which `changed` reports later. Rejects with `Conflict` if the
   * key has another revision; the directory is then unchanged. Rejects with `Unconfirmed` if the directory does not answer in time; it may
   * have written the value. Rejects with `Unreachable` if the directory cannot be reached, and with `TooLarge` if the value is too large for it.
   */
  write(key: string, value: string | undefined, revision: number): Promise<number>;
  /**
   * Expels a peer that is up. Resolves with whether there is a peer of this name, once that is written. Rejects with `Unreachable`,
   * and with `Unconfirmed` if the directory does not confirm it within 10 s.
   */
  expel(peer: NodeId): Promise<boolean>;
  readonly stats: EngineStats;
}

/** The key was not at the revision that the writer knew. */
export class Conflict extends Error {
  override readonly name = "Conflict";

  constructor(key: string) {
    super(`the directory has another revision of ${key}: wait for its change and decide again`);
  }
}

/** Nobody has confirmed a write in time. It may have been carried out, or may still be. */
export class Unconfirmed extends Error {
  override readonly name = "Unconfirmed";
  /** Whether the directory has refused the write, for example because it is full. A later attempt may succeed. */
  readonly isRefused: boolean;

  constructor(key: string, { isRefused = false }: Partial<Pick<Unconfirmed, "isRefused">> = {}) {
    const reason = isRefused ? "cannot store a value" : "has not confirmed a write";
    super(`the directory ${reason} of ${key}${isRefused ? "" : " in time"}: write it again under the same revision`);
    this.isRefused = isRefused;
  }
}

/** A value has more bytes than the directory accepts. Nothing was written. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
  readonly bytes: number;
  readonly most: number;

  constructor(key: string, { bytes, most }: Pick<TooLarge, "bytes" | "most">) {
    super(`the value of ${key} has ${bytes} bytes, and the directory accepts at most ${most}`);
    this.bytes = bytes;
    this.most = most;
  }
}

/** Returns the error for a value of the directory that no node has written. */
export function unreadable(key: string, value: string): TypeError {
  return new TypeError(
    `the directory has a value under ${key} that no router has written, and it is ignored: ${value.slice(0, 200)}`,
  );
}

/** The directory cannot be reached. Nothing was written. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";

  constructor(key: string) {
    super(`the directory cannot be reached, and ${key} was not written`);
  }
}
