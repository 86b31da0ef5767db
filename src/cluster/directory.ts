import type { RegistrationAnswer } from "../router/realm-link.js";
import type { RealmSession } from "../router/realm-session.js";
import type { RegistrationRequest, RegistrationTerms } from "../router/registration.js";
import { WampError } from "../wire/error.js";
import { type Id, randomId } from "../wire/ids.js";
import { CANCELED, PROCEDURE_ALREADY_EXISTS, UNAVAILABLE } from "../wire/uris.js";
import { Announcing } from "./announcing.js";
import { DirectoryWriter } from "./directory-writer.js";
import type { Incarnation, NodeId } from "./engine.js";
import { Unreachable } from "./engine.js";
import { Entry, isCallable, type OwnShare } from "./entry.js";
import type { LinkContext } from "./link-context.js";
import type { Peer } from "./peer.js";
import { alreadyExists, canShare, planOf } from "./plan.js";
import { type RegistrationRecord, registrationKey, type Share } from "./record.js";
import { RegistrationTable } from "./registration-table.js";
import type { RemoteSession } from "./remote-session.js";
import type { RemoteSessions } from "./remote-sessions.js";
import { ShareBook } from "./share-book.js";

/** The parts of the link that the directory uses. */
export interface DirectoryHost {
  readonly sessions: RemoteSessions;
  /** Asks a node whether it has a share. Resolves with `undefined` if the node does not answer. */
  holds(node: NodeId, key: string, share: Id): Promise<boolean | undefined>;
  /** A session of this node receives the answer for a registration, or no longer waits for one. */
  answered(session: RealmSession): void;
}

/**
 * The registrations of one realm on all nodes: the records of the directory, the requests of local sessions, and the callees that
 * may be called now.
 */
export class Directory {
  readonly #context: LinkContext;
  readonly #host: DirectoryHost;
  readonly #entries = new Map<string, Entry>(); // by key
  readonly #shares = new ShareBook(); // of sessions of this node
  readonly #table: RegistrationTable;
  readonly #announcing: Announcing;
  readonly #writer: DirectoryWriter;
  #isRetired = false;

  constructor(context: LinkContext, host: DirectoryHost) {
    this.#context = context;
    this.#host = host;
    this.#table = new RegistrationTable(context, host.sessions);
    const { answered } = host;
    this.#announcing = new Announcing(context, { shares: this.#shares, table: this.#table, answered });
    this.#writer = new DirectoryWriter({
      report: context.host.report,
      clock: context.host.clock,
      get incarnation() {
        return context.me.incarnation;
      },
      get isIsolated() {
        return context.isIsolated;
      },
      plan: (entry) => planOf(entry, this.#planner()),
      write: (...written) => context.write(...written),
      refuse: (...refused) => this.#refuse(...refused),
      ask: (entry, share) => void this.#ask(entry, share),
      cutOff: (...refused) => this.#cutOff(...refused),
      idle: (entry) => this.#idle(entry),
    });
  }

  /** The number of known registrations. Tests use it to find leaks. */
  get size(): number {
    return this.#entries.size;
  }

  /** Returns the records of the directory in the order of their keys. */
  *records(): Iterable<readonly [key: string, record: RegistrationRecord]> {
    for (const key of [...this.#entries.keys()].sort()) {
      const record = this.#entries.get(key)?.record;
      if (record) yield [key, record];
    }
  }

  /** The node has joined. */
  open(): void {
    this.#writer.open(this.#entries.values());
  }

  register({ procedure: uri, match, invoke, callee }: RegistrationRequest, answer: RegistrationAnswer): void {
    if (this.#isRetired) return answer.refused(goingDown());
    if (this.#context.isIsolated) return answer.refused(cutOff());
    const entry = this.#entry(registrationKey(this.#context.realm.name, match, uri), { uri, match });
    const existing = this.#shares.find(callee.session, entry);
    if (existing) return this.#registerAgain(entry, existing, { invoke, answer });
    const own: OwnShare = { id: this.#newId(), callee, invoke, answers: [answer], state: "wanted" };
    entry.own.set(own.id, own);
    this.#shares.add(entry, own);
    void this.#writer.run(entry);
  }

  unregister(session: RealmSession, { uri, match }: RegistrationTerms, done: () => void): void {
    const entry = this.#entries.get(registrationKey(this.#context.realm.name, match, uri));
    const own = entry && this.#shares.find(session, entry);
    if (!entry || !own || !isCallable(own)) return done();
    this.#withdraw(entry, own, done);
    this.#table.apply(entry);
  }

  /** As `RealmLink.retire` says. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    const partings: Promise<void>[] = [];
    for (const entry of this.#entries.values()) {
      for (const own of [...entry.own.values()]) {
        if (own.state === "announced") own.state = "retired";
        else if (own.state !== "retired") this.#refuse(entry, own, goingDown());
        partings.push(new Promise((done) => entry.partings.push({ share: own.id, done })));
      }
      if (entry.partings.length > 0) void this.#writer.run(entry);
    }
    await Promise.all(partings);
  }

  /** A session of this node has left. The realm has already removed its registrations. */
  left(session: RealmSession): void {
    for (const [entry, own] of this.#shares.of(session)) {
      for (const answer of own.answers.splice(0)) answer.refused(gone());
      this.#withdraw(entry, own, () => {});
    }
  }

  /** Returns whether a session waits for the answer to a REGISTER that may have given it this registration. */
  isRegistering(session: RealmSession, registration: Id): boolean {
    for (const entry of this.#shares.unannounced(session)) if (entry.isNamed(registration)) return true;
    return false;
  }

  /** Returns whether this node has a share. */
  holds(key: string, share: Id): boolean {
    const own = this.#entries.get(key)?.own.get(share);
    return own !== undefined && own.state !== "retired";
  }

  /** A key of this realm has a new record, or none. */
  changed(key: string, record: RegistrationRecord | undefined, revision: number): void {
    const entry = record ? this.#entry(key, record) : this.#entries.get(key);
    if (!entry) return;
    this.#table.forget(entry);
    entry.record = record;
    entry.revision = record ? revision : 0;
    entry.changedAt = revision;
    if (record) entry.proposed = undefined;
    const there = new Set(record?.shares.map(({ id }) => id));
    entry.forget((share) => there.has(share));
    for (const own of entry.own.values()) {
      if (own.state === "written" && !there.has(own.id)) own.state = "wanted"; // others have taken it for a share of a lost node
    }
    this.#dropLost(entry);
    this.#table.apply(entry);
    this.#announcing.written(entry, there, revision);
    this.#look(entry);
  }

  /** A peer is up. It may have been up before this node was expelled. Its sessions are announced next. */
  up({ node, incarnation }: Peer): void {
    const isOfPeer = (share: Share) => share.node === node && share.incarnation === incarnation;
    for (const entry of this.#entries.values()) {
      if (!entry.record?.shares.some(isOfPeer)) continue;
      this.#dropLost(entry);
      this.#table.apply(entry);
    }
  }

  /** A session of another node may be called from now on. */
  known(peer: Peer, session: RemoteSession): void {
    this.#table.known(peer, session);
  }

  /** A peer has gone down, and its sessions with it. Its shares no longer block others. */
  down(peer: Peer): void {
    this.#table.down(peer);
    for (const entry of this.#entries.values()) if (this.#isContested(entry)) void this.#writer.run(entry);
  }

  /** The directory cannot be reached. */
  isolated(): void {
    for (const entry of this.#entries.values()) {
      this.#cutOff(entry);
      entry.wake();
    }
  }

  /** The directory can be reached again: postponed work is done now. */
  returned(): void {
    for (const entry of this.#entries.values()) {
      const { own, record, revision } = entry;
      for (const each of own.values()) if (each.state === "written") each.state = "wanted";
      this.#announcing.written(entry, new Set(record?.shares.map(({ id }) => id)), revision);
      void this.#writer.run(entry);
    }
  }

  /** This node has a new incarnation: it writes the shares of its sessions again. */
  reborn(): void {
    for (const entry of this.#entries.values()) {
      for (const own of entry.own.values()) if (own.state === "written") own.state = "wanted";
      void this.#writer.run(entry);
    }
  }

  /** Removes the shares of a lost incarnation from the directory. Rejects if the directory cannot be reached. */
  async reap({ node, incarnation }: Incarnation): Promise<void> {
    const isGone = (share: Share) => share.node === node && share.incarnation === incarnation;
    await Promise.all([...this.#entries.values()].map((entry) => this.#reapEntry(entry, isGone)));
  }

  async #reapEntry(entry: Entry, isGone: (share: Share) => boolean): Promise<void> {
    const hasSome = () => entry.record?.shares.some(isGone) === true;
    if (!hasSome()) return;
    entry.reapers++;
    for (let known = -1; hasSome() && known !== entry.revision; ) {
      known = entry.revision;
      await this.#writer.run(entry);
    }
    entry.reapers--;
    if (hasSome()) throw new Unreachable(entry.key);
  }

  /** The node leaves. Resolves when all pending writes are done or have failed. Never rejects. */
  async close(): Promise<void> {
    this.#writer.close();
    await Promise.all([...this.#entries.values()].map(({ writing }) => writing));
  }

  /** Starts a write if one is needed and allowed. */
  #look(entry: Entry): void {
    const isMine = ({ node }: Share) => node === this.#context.me.node;
    if (entry.writing || entry.isOfConcern || entry.record?.shares.some(isMine)) void this.#writer.run(entry);
    else this.#dropIdle(entry);
  }

  #dropIdle(entry: Entry): void {
    if (entry.isIdle && this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key); // otherwise it has a successor
  }

  #entry(key: string, pattern: Pick<RegistrationTerms, "uri" | "match">): Entry {
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = new Entry(key, pattern);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** The same session repeats its request before it has an answer. */
  #registerAgain(
    entry: Entry,
    own: OwnShare,
    { invoke, answer }: { readonly invoke: OwnShare["invoke"]; readonly answer: RegistrationAnswer },
  ): void {
    if (invoke !== own.invoke || invoke === "single")
      return answer.refused(alreadyExists({ uri: entry.uri, match: entry.match, invoke: own.invoke }));
    if (own.state === "announced" && entry.terms) answer.registered(entry.terms.id);
    else own.answers.push(answer);
  }

  #withdraw(entry: Entry, own: OwnShare, done: () => void): void {
    this.#drop(entry, own);
    entry.partings.push({ share: own.id, done });
    void this.#writer.run(entry);
  }

  #drop(entry: Entry, own: OwnShare): void {
    entry.own.delete(own.id);
    this.#shares.remove(entry, own);
  }

  #refuse(entry: Entry, own: OwnShare, error: WampError): void {
    this.#drop(entry, own);
    for (const answer of own.answers.splice(0)) answer.refused(error);
    this.#host.answered(own.callee.session);
  }

  /** Refuses requests that cannot be met now. Removals are done later. */
  #cutOff(entry: Entry, error: WampError = cutOff()): void {
    for (const own of [...entry.own.values()]) if (!isCallable(own)) this.#refuse(entry, own, error);
    for (const { done } of entry.partings.splice(0)) done(); // calls that arrive for them are returned
  }

  /** Ends local shares of a registration that another one, with a different ID, has replaced in the directory. */
  #dropLost(entry: Entry): void {
    const { record, terms } = entry;
    if (!record || !terms || record.id === terms.id || !record.shares.some((each) => this.#isLive(each))) return;
    for (const own of [...entry.own.values()]) {
      if (!isCallable(own)) continue;
      if (own.state === "announced") this.#context.realm.revoke(own.callee.session, terms.id, LOST);
      this.#drop(entry, own);
    }
    this.#table.drop(entry);
  }

  #idle(entry: Entry): void {
    this.#announcing.removed(entry);
    this.#dropIdle(entry);
  }

  async #ask(entry: Entry, share: Share): Promise<void> {
    if (entry.asked.has(share.id)) return;
    entry.asked.add(share.id);
    const held = await this.#host.holds(share.node, entry.key, share.id);
    entry.asked.delete(share.id);
    if (held === false) entry.disowned.add(share.id);
    const { record } = entry;
    if (held === true && record && entry.has(share.id)) {
      const error = alreadyExists(record);
      for (const own of [...entry.own.values()]) {
        if (own.state === "wanted" && !canShare(record, own)) this.#refuse(entry, own, error);
      }
    }
    void this.#writer.run(entry);
  }

  /** Returns whether a local session wants a share that is not written. */
  #isContested({ own }: Entry): boolean {
    for (const { state } of own.values()) if (state === "wanted") return true;
    return false;
  }

  #isLive({ node, incarnation }: Share): boolean {
    const { me, peers } = this.#context;
    return node === me.node ? incarnation === me.incarnation : peers.get(node)?.incarnation === incarnation;
  }

  #planner() {
    const { realm, me } = this.#context;
    return {
      realm: realm.name,
      me,
      isLive: (share: Share) => this.#isLive(share),
      newTerms: (entry: Entry, own: OwnShare) => this.#newTerms(entry, own),
    };
  }

  /** Returns the terms of a new record. A session that knows the registration under an ID keeps that ID. Newcomers get a new one. */
  #newTerms(entry: Entry, { invoke, state }: OwnShare): RegistrationTerms {
    const { uri, match, terms } = entry;
    if (terms && state === "announced") return terms;
    if (entry.proposed?.invoke !== invoke) {
      entry.proposed = { id: this.#newId(), uri, match, invoke, createdMs: this.#context.host.clock.now() };
    }
    return entry.proposed as RegistrationTerms;
  }

  #newId(): Id {
    return randomId(this.#context.host.random);
  }
}

function cutOff(): WampError {
  return new WampError(UNAVAILABLE, { args: ["this router is cut off from the others, and cannot register"] });
}

function goingDown(): WampError {
  return new WampError(UNAVAILABLE, { args: ["the router is shutting down"] });
}

function gone(): WampError {
  return new WampError(CANCELED, { args: ["the session has left"] });
}

const LOST = PROCEDURE_ALREADY_EXISTS;
