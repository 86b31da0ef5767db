import type { ClusterHost, LinkedRealm } from "../router/realm-link.js";
import type { RealmSession } from "../router/realm-session.js";
import type { Incarnation, NodeId } from "./engine.js";
import type { Frame } from "./frames/frame.js";
import { writeFrame } from "./frames/write.js";
import type { Peer } from "./peer.js";

/** The state that the parts of a link share. */
export interface LinkContext {
  readonly realm: LinkedRealm;
  /** The number of the realm in frames of this node. */
  readonly number: number;
  readonly host: ClusterHost;
  /** Whether calls prefer callees of this node. */
  readonly prefersOwn: boolean;
  /** This node's current incarnation. */
  readonly me: Incarnation;
  /** Whether the directory cannot be reached: the others may have expelled this node. */
  readonly isIsolated: boolean;
  /** The peers that are up and serve the realm. */
  readonly peers: ReadonlyMap<NodeId, Peer>;
  /** The secret that all nodes of the cluster share. It exists once the node has joined. */
  readonly key: string;
  /** Writes the directory, as `Engine.write` does. */
  write(key: string, value: string | undefined, revision: number): Promise<number>;
}

/** Sends a frame to all peers that serve the realm. */
export function sendToAll({ peers }: Pick<LinkContext, "peers">, frame: Frame): void {
  if (peers.size === 0) return;
  const written = writeFrame(frame);
  for (const peer of peers.values()) peer.sendWritten(written);
}

/** Sends a written frame to some peers. The producer of the event waits while a peer has too much queued, however long that takes. */
export function sendToSome(
  { peers }: Pick<LinkContext, "peers">,
  nodes: Iterable<NodeId>,
  written: Uint8Array,
  publisher: RealmSession | undefined,
): void {
  for (const node of nodes) {
    const peer = peers.get(node);
    if (!peer) continue;
    peer.sendWritten(written);
    if (peer.flow.isCongested()) publisher?.flow?.waitFor(peer.flow);
  }
}

/**
 * Resolves when all peers have processed what was sent to them, and the directory up to a revision. By then this node has also
 * processed what they had sent before. Waits for a suspect peer until it answers or is down. Never rejects.
 */
export async function settled({ peers }: Pick<LinkContext, "peers">, revision = 0): Promise<void> {
  await Promise.all([...peers.values()].map((peer) => peer.settled(revision)));
}
