import type { ClusterHost, LinkedRealm } from "../router/realm-link.js";
import type { RealmSession } from "../router/realm-session.js";
import type { Incarnation, NodeId } from "./engine.js";
import type { Frame } from "./frames/frame.js";
import { writeFrame } from "./frames/write.js";
import type { Peer } from "./peer.js";

/** What the parts of a link have in common. */
export interface LinkContext {
  readonly realm: LinkedRealm;
  /** How frames of this node name the realm. */
  readonly number: number;
  readonly host: ClusterHost;
  /** Whether calls go to callees of this node where there are some. */
  readonly prefersOwn: boolean;
  /** This node, as it is now. */
  readonly me: Incarnation;
  /** Whether the directory cannot be reached: the others may have expelled this node. */
  readonly isIsolated: boolean;
  /** The peers that are up and have the realm, too. */
  readonly peers: ReadonlyMap<NodeId, Peer>;
  /** The secret that all nodes of the cluster have in common; there is one when the node has joined. */
  readonly key: string;
  /** Writes the directory, as `Engine.write` does. */
  write(key: string, value: string | undefined, revision: number): Promise<number>;
}

/** Sends a frame to all peers that have the realm. */
export function sendToAll({ peers }: Pick<LinkContext, "peers">, frame: Frame): void {
  if (peers.size === 0) return;
  const written = writeFrame(frame);
  for (const peer of peers.values()) peer.sendWritten(written);
}

/** Sends a written frame to some peers. Whoever has made the event waits while much waits for one of them, however long that takes. */
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
 * Resolves when all peers have carried out what was sent to them, and the directory up to a revision. All that they had sent before is carried
 * out here by then, too. A peer that is suspect is awaited until it answers or is gone. Never rejects.
 */
export async function settled({ peers }: Pick<LinkContext, "peers">, revision = 0): Promise<void> {
  await Promise.all([...peers.values()].map((peer) => peer.settled(revision)));
}
