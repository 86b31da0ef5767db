import type { RealmSession } from "../router/realm-session.js";
import type { Id } from "../wire/ids.js";
import type { NodeId } from "./engine.js";
import { ASKED_FEATURES, type FrozenState, type LeftState, type SessionState } from "./frames/state.js";
import { type LinkContext, sendToAll } from "./link-context.js";
import type { Peer } from "./peer.js";
import { RemoteSession } from "./remote-session.js";

/** The parts of the link that `RemoteSessions` uses. */
export interface RemoteSessionsHost {
  /** A session may be called from now on. `isKnown` says that it existed before this node was up. */
  known(peer: Peer, session: RemoteSession, isKnown: boolean): void;
  /** A session has left, by itself. */
  left(session: RemoteSession): void;
}

/** The sessions of the other nodes, and the frames that inform the other nodes of this node's sessions. */
export class RemoteSessions {
  readonly #context: LinkContext;
  readonly #host: RemoteSessionsHost;
  readonly #byPeer = new Map<Peer, Map<Id, RemoteSession>>();

  constructor(context: LinkContext, host: RemoteSessionsHost) {
    this.#context = context;
    this.#host = host;
  }

  /** Returns a current session of a peer. */
  find(node: NodeId, id: Id): RemoteSession | undefined {
    const peer = this.#context.peers.get(node);
    return peer && this.#byPeer.get(peer)?.get(id);
  }

  /** Returns the sessions of a peer. */
  of(peer: Peer): Iterable<RemoteSession> {
    return this.#byPeer.get(peer)?.values() ?? [];
  }

  /** A session of this node has joined. */
  joined(session: RealmSession): void {
    this.#tell(stateOf(session));
  }

  /** A session of this node has left. `reached` returns the last call of a peer that has reached it. */
  left({ id }: RealmSession, reached: (peer: Peer) => Id): void {
    const { number: realm, peers } = this.#context;
    for (const peer of peers.values()) {
      peer.send({ type: "STATE", realm, details: { kind: "left", id, reached: reached(peer) } });
    }
  }

  /** A session of this node shows no sign of life, or shows one again. */
  frozen({ id }: RealmSession, isFrozen: boolean): void {
    this.#tell({ kind: "frozen", id, isFrozen });
  }

  /** Returns the frames for a peer that has come up. */
  *snapshot(): Iterable<SessionState> {
    for (const session of this.#context.realm.sessions.values())
      if (session.node === undefined) yield { ...stateOf(session), known: true };
  }

  receive(peer: Peer, state: SessionState | LeftState | FrozenState): void {
    switch (state.kind) {
      case "session":
        return this.#add(peer, state);
      case "left":
        return this.#remove(peer, state);
      case "frozen": {
        const session = this.#byPeer.get(peer)?.get(state.id);
        if (!session) return;
        session.isFrozenThere = state.isFrozen;
        this.#freeze(session, peer);
      }
    }
  }

  /** A peer shows no sign of life, or shows one again. Its callees are skipped meanwhile. */
  suspect(peer: Peer): void {
    for (const session of this.of(peer)) this.#freeze(session, peer);
  }

  /** This node is cut off from the others, or no longer is. All their callees are skipped meanwhile. */
  isolated(): void {
    for (const peer of this.#byPeer.keys()) this.suspect(peer);
  }

  /**
   * A peer has gone down, and its sessions with it. They are no longer found or called. The caller must call `end` for each session
   * that is returned.
   */
  down(peer: Peer): Iterable<RemoteSession> {
    const sessions = this.#byPeer.get(peer) ?? new Map<Id, RemoteSession>();
    this.#byPeer.delete(peer);
    for (const session of sessions.values()) session.frozen = true; // another callee is called if there is one
    return sessions.values();
  }

  /** A session has left. If its node is down, nobody knows which calls have reached it. */
  end(session: RemoteSession, reached?: Id): void {
    this.#context.realm.removeRemote(session, reached);
    session.end();
  }

  #add(peer: Peer, state: SessionState): void {
    const known = this.#byPeer.get(peer);
    if (known?.has(state.id)) return; // it joined while this node was receiving the list of sessions
    const session = new RemoteSession(state, peer, this.#context);
    if (known) known.set(session.id, session);
    else this.#byPeer.set(peer, new Map([[session.id, session]]));
    this.#context.realm.addRemote(session);
    this.#host.known(peer, session, state.known === true);
    this.#freeze(session, peer);
  }

  #remove(peer: Peer, { id, reached }: LeftState): void {
    const sessions = this.#byPeer.get(peer);
    const session = sessions?.get(id);
    if (!sessions || !session) return;
    sessions.delete(id);
    if (sessions.size === 0) this.#byPeer.delete(peer);
    this.#host.left(session);
    this.end(session, reached);
  }

  #freeze(session: RemoteSession, peer: Peer): void {
    const isFrozen = session.isFrozenThere || peer.isSuspect || this.#context.isIsolated;
    if (session.frozen !== isFrozen) this.#context.realm.freeze(session, isFrozen);
  }

  #tell(details: SessionState | FrozenState): void {
    sendToAll(this.#context, { type: "STATE", realm: this.#context.number, details });
  }
}

function stateOf(session: RealmSession): SessionState {
  const { id, authid, authrole, authmethod, authprovider, transportKind: transport, maxReceiveBytes } = session;
  const features = ASKED_FEATURES.filter((feature) => session.announces("callee", feature));
  const who = { id, authid, authrole, authmethod, authprovider };
  const frozen = session.frozen || undefined;
  return { kind: "session", ...who, transport, features, maxReceiveBytes, frozen };
}
