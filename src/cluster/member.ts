import type { ClusterHost, ClusterMember, ClusterStatus, LinkedRealm, RealmLink } from "../router/realm-link.js";
import { PROTOCOL } from "./agreement.js";
import type { Engine, EngineListener, Incarnation, NodeHello, NodeId, PeerHello } from "./engine.js";
import { Conflict, type DownCause, Unconfirmed, unreadable } from "./engine.js";
import type { Frame } from "./frames/frame.js";
import { readFrames } from "./frames/read.js";
import { Link } from "./link.js";
import { Peer } from "./peer.js";
import { decodeRecord, REGISTRATION_PREFIX } from "./record.js";

/** The key of the directory for the secret that all nodes share. */
const KEY = "key";

/** The delay before another attempt to write the secret, in milliseconds. */
const RETRY_MS = 250;

/** The name of a node, and its information for the others. */
export interface NodeIdentity extends Pick<NodeHello, "node" | "version"> {
  /** Whether it refuses sessions while it is isolated. Default `false`. */
  readonly closesIsolated?: boolean;
  /** Whether calls prefer callees of this node. Default `false`. */
  readonly prefersOwn?: boolean;
}

/** A PING that waits for the directory. */
interface HeldPing {
  readonly peer: Peer;
  readonly number: number;
  readonly revision: number;
}

/** A router in a cluster. It gives frames and changes of the directory to the realm that they are for. */
export class Member implements ClusterMember, EngineListener {
  readonly #engine: Engine;
  readonly #host: ClusterHost;
  readonly #identity: NodeIdentity;
  readonly #links = new Map<string, { readonly link: Link; readonly peers: Map<NodeId, Peer> }>(); // by realm
  readonly #peers = new Map<NodeId, Peer>();
  readonly #realmOf = new Map<string, string>(); // key of the directory → realm
  readonly #unreadable = new Map<string, number>(); // key with a value that no router has written → its revision
  #incarnation = 0;
  #state: ClusterStatus["state"] = "joining";
  #revision = 0; // of the directory, as far as it is processed here
  #pings: HeldPing[] = [];
  #key: string | undefined; // shared by all nodes
  #keyIsThere = false; // in the directory
  #keyWaits: (() => void)[] = [];

  constructor(engine: Engine, identity: NodeIdentity, host: ClusterHost) {
    this.#engine = engine;
    this.#identity = identity;
    this.#host = host;
  }

  get node(): NodeId {
    return this.#identity.node;
  }

  /** Returns the link of a realm, for inspection of a node. */
  linkOf(realm: string): Link | undefined {
    return this.#links.get(realm)?.link;
  }

  link(realm: LinkedRealm): RealmLink {
    const member = this;
    const peers = new Map<NodeId, Peer>();
    const { node } = this.#identity;
    const link = new Link({
      realm,
      number: this.#host.realms.indexOf(realm.name),
      host: this.#host,
      prefersOwn: this.#identity.prefersOwn === true,
      get me() {
        return { node, incarnation: member.#incarnation };
      },
      get isIsolated() {
        return member.#isIsolated;
      },
      get key() {
        return member.#key ?? "";
      },
      peers,
      write: (key, value, revision) => this.#engine.write(key, value, revision || (this.#unreadable.get(key) ?? 0)), // which is overwritten
    });
    this.#links.set(realm.name, { link, peers });
    return link;
  }

  async join(): Promise<void> {
    try {
      await this.#join();
      if (this.#state !== "joining") return;
      this.#state = "joined";
      this.#host.changed(this.node, "joined");
    } catch (error) {
      this.#state = "left";
      throw error;
    }
  }

  async #join(): Promise<void> {
    const { realms, settings } = this.#host;
    const { node, version } = this.#identity;
    this.#incarnation = await this.#engine.join({ node, version, protocol: PROTOCOL, realms, settings }, this);
    await this.#agreeOnKey();
    for (const { link } of this.#links.values()) link.open();
    await Promise.all([...this.#peers.values()].map(({ introduced }) => introduced));
  }

  async leave(): Promise<void> {
    await Promise.all([...this.#links.values()].map(({ link }) => link.close()));
    for (const peer of this.#peers.values()) peer.flush();
    await this.#engine.leave();
    this.#state = "left";
  }

  status(): ClusterStatus {
    const { revision: directoryRevision, ...counts } = this.#engine.stats;
    const peers = [...this.#peers.values()].map(({ node, incarnation, isSuspect, unsentBytes }) => {
      return { node, incarnation, suspect: isSuspect, unacknowledgedBytes: unsentBytes };
    });
    let barrierSkipped = 0;
    for (const { link } of this.#links.values()) barrierSkipped += link.stats.barrierSkipped;
    const { node, closesIsolated = false } = this.#identity;
    const closed = closesIsolated && this.#isIsolated;
    const [state, incarnation] = [this.#state, this.#incarnation];
    return { node, incarnation, state, closed, peers, ...counts, barrierSkipped, directoryRevision };
  }

  expel(node: NodeId): Promise<boolean> {
    return this.#engine.expel(node);
  }

  get #isIsolated(): boolean {
    return this.#state === "isolated";
  }

  peerUp(hello: PeerHello): void {
    const engine = this.#engine;
    const { defer, flow, account, report } = this.#host;
    const peer = new Peer(hello, {
      send: (...sent) => engine.send(...sent),
      pipe: (node) => engine.pipe(node),
      defer,
      flow,
      account,
      report,
    });
    this.#peers.set(peer.node, peer);
    this.#host.changed(peer.node, "arrived");
    const snapshots: Iterable<Frame>[] = [];
    for (const [realm, { link, peers }] of this.#links) {
      if (!peer.realms.has(realm)) continue;
      peers.set(peer.node, peer);
      snapshots.push(link.introduce(peer));
    }
    peer.tell(oneAfterTheOther(snapshots));
  }

  peerSuspect(node: NodeId, isSuspect: boolean): void {
    const peer = this.#peers.get(node);
    if (!peer) return;
    peer.isSuspect = isSuspect;
    this.#host.changed(node, isSuspect ? "silent" : "responding");
    for (const { link, peers } of this.#links.values()) if (peers.has(node)) link.suspect(peer);
  }

  peerDown(node: NodeId, cause: DownCause): void {
    const peer = this.#peers.get(node);
    if (!peer) return;
    this.#peers.delete(node);
    this.#pings = this.#pings.filter((each) => each.peer !== peer);
    peer.down();
    if (cause !== "apart") this.#host.changed(node, cause === "left" ? "departed" : "expelled"); // else this node is out itself
    for (const { link, peers } of this.#links.values()) if (peers.delete(node)) link.down(peer, cause);
  }

  async reap(gone: Incarnation): Promise<void> {
    await Promise.all([...this.#links.values()].map(({ link }) => link.reap(gone)));
  }

  reaped(gone: Incarnation, by: NodeId | undefined): void {
    for (const { link } of this.#links.values()) link.reaped(gone, by);
  }

  receive(node: NodeId, bytes: Uint8Array): void {
    const peer = this.#peers.get(node);
    if (!peer) return;
    for (const frame of readFrames(bytes, this.#host.report)) {
      try {
        this.#receive(peer, frame);
      } catch (error) {
        this.#host.report(error); // the frames after it are for others
      }
    }
  }

  changed(key: string, value: string | undefined, revision: number): void {
    try {
      this.#change(key, value, revision);
    } catch (error) {
      this.#host.report(error);
    }
    this.#revision = revision;
    const due = this.#pings.filter((each) => each.revision <= revision);
    if (due.length === 0) return;
    this.#pings = this.#pings.filter((each) => each.revision > revision);
    for (const { peer, number } of due) peer.send({ type: "PONG", number });
  }

  isolated(): void {
    if (this.#state === "left") return;
    this.#state = "isolated";
    this.#host.changed(this.node, "isolated");
    for (const { link } of this.#links.values()) link.isolated();
    if (this.#identity.closesIsolated) this.#host.shut(true);
  }

  returned(): void {
    this.#isBack();
    for (const { link } of this.#links.values()) link.returned();
  }

  reborn(incarnation: number): void {
    this.#incarnation = incarnation;
    this.#isBack();
    for (const { link } of this.#links.values()) link.directory.reborn();
  }

  #isBack(): void {
    if (this.#state === "left") return;
    this.#state = "joined";
    this.#host.changed(this.node, "joined");
    if (this.#identity.closesIsolated) this.#host.shut(false);
  }

  /** Resolves when there is a key; the first node creates it. Rejects if the directory cannot be reached. */
  async #agreeOnKey(): Promise<void> {
    while (!this.#keyIsThere) {
      try {
        const change = new Promise<void>((resolve) => this.#keyWaits.push(resolve));
        await this.#engine.write(KEY, this.#key ?? this.#host.newSecret(), 0).catch((error: unknown) => {
          if (!(error instanceof Conflict)) throw error;
        });
        await change;
      } catch (error) {
        if (!(error instanceof Unconfirmed)) throw error;
        await new Promise<void>((resolve) => this.#host.clock.after(RETRY_MS, resolve));
      }
    }
  }

  #keyChanged(value: string | undefined): void {
    this.#key = value ?? this.#key;
    this.#keyIsThere = value !== undefined;
    for (const resolve of this.#keyWaits.splice(0)) resolve();
    if (!this.#keyIsThere && this.#key !== undefined) this.#agreeOnKey().catch(this.#host.report); // the directory was emptied
  }

  #change(key: string, value: string | undefined, revision: number): void {
    if (key === KEY) return this.#keyChanged(value);
    if (!key.startsWith(REGISTRATION_PREFIX)) return;
    const record = value === undefined ? undefined : decodeRecord(key, value);
    const realm = record?.realm ?? this.#realmOf.get(key);
    if (record) this.#realmOf.set(key, record.realm);
    else this.#realmOf.delete(key);
    if (value === undefined || record) this.#unreadable.delete(key);
    else {
      this.#unreadable.set(key, revision); // the next registration of the URI overwrites it
      this.#host.report(unreadable(key, value));
    }
    if (realm !== undefined) this.#links.get(realm)?.link.changed(key, record, revision);
    else for (const { link } of this.#links.values()) link.changed(key, record, revision); // one may be about to write it
  }

  #introduced(peer: Peer): void {
    peer.introduce();
    for (const { link, peers } of this.#links.values()) if (peers.has(peer.node)) link.introduced(peer);
  }

  #receive(peer: Peer, frame: Frame): void {
    switch (frame.type) {
      case "PING":
        if (frame.revision <= this.#revision) peer.send({ type: "PONG", number: frame.number });
        else this.#pings.push({ peer, number: frame.number, revision: frame.revision });
        return;
      case "PONG":
        return peer.answered(frame.number);
      case "SNAPSHOT":
        return this.#introduced(peer);
      default: {
        const realm = peer.realmOf(frame.realm);
        if (realm !== undefined) this.#links.get(realm)?.link.receive(peer, frame);
      }
    }
  }
}

function* oneAfterTheOther<T>(lists: Iterable<Iterable<T>>): Iterable<T> {
  for (const list of lists) yield* list;
}
