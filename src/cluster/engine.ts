/**
 * What a cluster stands on: it tells which routers are there, carries bytes between them, and keeps a directory with compare-and-set. There is
 * one for NATS, one for the workers of a machine, and a simulated one. An engine knows no WAMP: it never looks into the frames and values.
 */

/** The name of a router in its cluster. Two that are there at the same time never have the same one. */
export type NodeId = string;

/** What a router tells the others of itself when it joins. */
export interface NodeHello {
  readonly node: NodeId;
  /** The newest version of the frames that it speaks. Two nodes speak the lower of theirs, which is at most one below. */
  readonly protocol: number;
  /** The version of the software, for people. */
  readonly version: string;
  /** The realms that it serves. Frames name a realm by its place in the list of the node that sends them. */
  readonly realms: readonly string[];
  /**
   * The settings on which nodes must agree, as JSON: realm → setting → value, with those of the cluster itself under `""`. A node with another value of one is
   * refused, where both serve the realm.
   */
  readonly settings: string;
}

/** A node at one time of its life. */
export interface Incarnation {
  readonly node: NodeId;
  /** Counted by the directory, from 1: each time that a node joins, and each time that it comes back after it was expelled. */
  readonly incarnation: number;
}

/** Another router as it is told of. */
export interface PeerHello extends NodeHello, Incarnation {}

/**
 * Why a node is gone: it has said so, or the others have expelled it because it showed no sign of life. `apart`: it is this node that was expelled, and
 * knows no others until it has joined again.
 */
export type DownCause = "left" | "expelled" | "apart";

/**
 * What an engine tells its node. It calls one method at a time, never from within a call that the node makes, and never before `join` was called.
 * What is thrown is a fault of the node; the engine goes on.
 *
 * The order in which it tells things is a promise:
 * - `peerUp` comes before everything else of a peer, and `peerDown` after everything. Then the peer may come up again, as another incarnation.
 * - Frames come in the order in which they were sent, each exactly once: from a peer that is up, to this incarnation. Of a peer that is not,
 *   none comes (the fence).
 * - Changes of the directory come in the order of their revisions, which is the same on all nodes; none is left out, but that only the last of
 *   several changes of one key may be told while a node catches up. `peerUp` comes before a change that was written by that incarnation,
 *   and `peerDown` before a change that was written by those who have learned of it.
 */
export interface EngineListener {
  /** A peer is there. All who are there when `join` resolves have been told by then. */
  peerUp(peer: PeerHello): void;
  /** A peer shows no sign of life, or shows one again. Its pipe holds what is sent to it meanwhile. */
  peerSuspect(peer: NodeId, isSuspect: boolean): void;
  /** A peer is gone for good, and so is what was on its way to it and from it. */
  peerDown(peer: NodeId, cause: DownCause): void;
  /**
   * This node cleans up after an incarnation that is gone. Told to one node after `peerDown`, and to another where that one is gone before the
   * promise has resolved: what it does may thus be done twice. An incarnation of this node itself, of an earlier life, is told of likewise.
   */
  reap(gone: Incarnation): Promise<void>;
  /**
   * What an incarnation of a peer has left is cleaned up: told to all nodes, after `peerDown` and before that peer is up again. What the node that has
   * cleaned up had sent before has come here. `by` is the node that was to do it; `undefined` where nobody knows.
   */
  reaped(gone: Incarnation, by: NodeId | undefined): void;
  /** One or more frames, as one call of `send` took them. The bytes belong to the listener from now on. */
  receive(peer: NodeId, frames: Uint8Array): void;
  /** A key of the directory has another value from now on; `undefined` where it is deleted. Told of one's own writes, too. */
  changed(key: string, value: string | undefined, revision: number): void;
  /** The directory cannot be reached, for so long that the others may have expelled this node. */
  isolated(): void;
  /** It can be reached again, and nobody has expelled this node: all goes on. */
  returned(): void;
  /**
   * This node was expelled, or the directory is empty, and it has joined again as another incarnation. All peers have been told `peerDown`
   * before, and are told `peerUp` after this. The directory holds nothing of this incarnation.
   */
  reborn(incarnation: number): void;
}

/** What waits in this process for one peer. */
export interface Pipe {
  /** Bytes that were sent and have not been acknowledged. */
  readonly unsentBytes: number;
  /** Bytes beyond which whoever makes more should wait. */
  readonly window: number;
  /** Calls back, once, when little waits or the peer is gone: at once where that is so. */
  onceDrained(callback: () => void): void;
}

/** What an engine counts. */
export interface EngineStats {
  /** Messages to peers that carry what `send` was given, each counted once. Acknowledgements and signs of life are not among them. */
  readonly sent: number;
  /** Messages that were sent again. */
  readonly resent: number;
  /** The last revision of the directory that has come here. */
  readonly revision: number;
}

/** Carries a cluster. Clock and randomness are given to whoever makes one, so that a simulated one repeats itself. */
export interface Engine {
  /**
   * Joins the cluster, and resolves with the incarnation when all peers that are there and all keys of the directory have been told. Rejects, in
   * words, where that cannot be: such as a name that another node has.
   */
  join(me: NodeHello, told: EngineListener): Promise<number>;
  /** Leaves the cluster: the others are told `peerDown` at once. Nothing is told here any more. Resolves when all that was sent is out, or cannot be. */
  leave(): Promise<void>;
  /**
   * Sends bytes to a peer, after those that were sent before. They arrive, or `peerDown` is told. For a peer that is not up they are dropped.
   * They belong to the engine from now on. Calls nobody back, and throws nothing.
   */
  send(peer: NodeId, frames: Uint8Array): void;
  /** What waits for a peer; that of a peer that is not up is empty. */
  pipe(peer: NodeId): Pipe;
  /**
   * Writes a value, or deletes the key where it is `undefined`, if the key has this revision: 0 where there is no such key, be it that it was
   * deleted. Resolves with the new revision, which `changed` tells later. Rejects with `Conflict` where the key has another revision, and
   * has then changed nothing; with `Unconfirmed` where no answer comes in time, and it may have been written; with `Unreachable` where the
   * directory cannot be reached.
   */
  write(key: string, value: string | undefined, revision: number): Promise<number>;
  /** Expels a peer that is up. Resolves with whether there is one of this name, once it is written. Rejects with `Unreachable`. */
  expel(peer: NodeId): Promise<boolean>;
  readonly stats: EngineStats;
}

/** A key was not at the revision that its writer knew. */
export class Conflict extends Error {
  override readonly name = "Conflict";

  constructor(key: string) {
    super(`the directory has another revision of ${key}: wait for its change and judge again`);
  }
}

/** Nobody has confirmed a write in time; it may have been carried out, or still be. */
export class Unconfirmed extends Error {
  override readonly name = "Unconfirmed";

  constructor(key: string) {
    super(`the directory has not confirmed a write of ${key} in time: write it again under the same revision`);
  }
}

/** The directory cannot be reached. Nothing was written. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";

  constructor(key: string) {
    super(`the directory cannot be reached, and ${key} was not written`);
  }
}
