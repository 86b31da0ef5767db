import type { MemberNews, TopicPattern } from "../router/interest.js";
import type { Publication } from "../router/publication.js";
import type {
  Answers,
  EndingOfMany,
  LinkedRealm,
  Question,
  RealmLink,
  RegistrationAnswer,
} from "../router/realm-link.js";
import type { RealmSession } from "../router/realm-session.js";
import type { RegistrationRequest, RegistrationTerms } from "../router/registration.js";
import { nodeOf } from "../router/shards.js";
import { Slices } from "../router/slices.js";
import type { Subscription } from "../router/subscription.js";
import type { SubscriptionRequest } from "../router/subscriptions.js";
import type { Testament, TestamentScope } from "../router/testaments.js";
import type { Id } from "../wire/ids.js";
import type { Uri } from "../wire/uris.js";
import { Barrier } from "./barrier.js";
import { Calls } from "./calls.js";
import { Directory } from "./directory.js";
import { type DownCause, type Incarnation, type NodeId, Unreachable } from "./engine.js";
import { Estates } from "./estates.js";
import type { Frame, StateFrame } from "./frames/frame.js";
import type { State } from "./frames/state.js";
import { publicationId, subscriptionId } from "./identifiers.js";
import { Interests } from "./interests.js";
import { Legacies, type Legacy } from "./legacies.js";
import { type LinkContext, sendToAll, sendToSome } from "./link-context.js";
import { Loads } from "./loads.js";
import { carryOutOrder } from "./orders.js";
import type { Peer } from "./peer.js";
import { Publications, publicationOf } from "./publications.js";
import { Questions } from "./questions.js";
import type { RegistrationRecord } from "./record.js";
import type { RemoteSession } from "./remote-session.js";
import { RemoteSessions } from "./remote-sessions.js";

/** The cost of ending one session of another node, which undoes its calls and registrations. */
const UNDOING_COST = 16;

/** A frame of one realm. */
export type RealmFrame = Extract<Frame, { readonly realm: number }>;

/** The counters of a link. */
export interface LinkStats {
  /** The number of testaments of other nodes that are kept here. */
  readonly testaments: number;
  /** The number of times that the barrier stopped waiting for a suspect peer. */
  readonly barrierSkipped: number;
}

/** One realm of this node, linked with the same realm of the others. Gives each frame to the part that it is for. */
export class Link implements RealmLink {
  readonly sessions: RemoteSessions;
  readonly directory: Directory;
  readonly calls: Calls;
  readonly #context: LinkContext;
  readonly #questions: Questions;
  readonly #barrier: Barrier;
  readonly #interests: Interests;
  readonly #publications: Publications;
  readonly #estates: Estates;
  readonly #legacies: Legacies;
  readonly #loads: Loads;
  readonly #undoing: Slices<() => void>; // what sessions of lost nodes have had here
  readonly #undone = new Set<NodeId>(); // lost nodes with sessions that are not undone yet
  #waiting: (() => void)[] | undefined = []; // for this node to join

  constructor(context: LinkContext) {
    const { realm, number, host } = context;
    this.#context = context;
    this.#undoing = new Slices((step) => {
      step();
      return UNDOING_COST;
    }, host.defer);
    this.#questions = new Questions(context, (question) => this.#answer(question));
    this.sessions = new RemoteSessions(context, {
      known: (peer, session, isKnown) => {
        this.directory.known(peer, session);
        if (isKnown && this.#legacies.isBack(peer.node)) realm.rejoined(session, peer.incarnation);
      },
      left: ({ id }) => void this.#estates.take(id),
    });
    this.directory = new Directory(context, {
      sessions: this.sessions,
      holds: (...asked) => this.#holds(...asked),
      answered: (session) => this.calls.release(session),
    });
    this.calls = new Calls(context, {
      sessions: this.sessions,
      isRegistering: (...asked) => this.directory.isRegistering(...asked),
    });
    this.#legacies = new Legacies(host.clock);
    this.#loads = new Loads(context, { own: () => realm.load(this.calls.proxies()) });
    this.#barrier = new Barrier(context);
    const tellAll = (details: State) => sendToAll(context, { type: "STATE", realm: number, details });
    this.#interests = new Interests({
      subscriptions: realm.subscriptions,
      now: () => host.clock.now(),
      tellAll,
      defer: host.defer,
      settled: (callback) => this.#barrier.settled(callback),
    });
    this.#publications = new Publications({
      realm: number,
      sessions: realm.sessions,
      send: (nodes, frame, publisher) => sendToSome(context, nodes, frame, publisher),
    });
    this.#estates = new Estates({
      realm: number,
      send: (frame) => sendToAll(context, frame),
      tellAll,
      settled: () => this.flush(),
    });
  }

  get prefersOwn(): boolean {
    return this.#context.prefersOwn;
  }

  get realm(): LinkedRealm {
    return this.#context.realm;
  }

  get stats(): LinkStats {
    return { testaments: this.#estates.size, barrierSkipped: this.#barrier.skipped };
  }

  register(request: RegistrationRequest, answer: RegistrationAnswer): void {
    this.directory.register(request, answer);
  }

  unregister(session: RealmSession, registration: RegistrationTerms, done: () => void): void {
    this.directory.unregister(session, registration, done);
  }

  retire(): Promise<void> {
    return this.directory.retire();
  }

  interested(request: SubscriptionRequest, session: RealmSession, add: (createdMs?: number) => void): void {
    const interested = () => this.#interests.interested(request, session, add);
    if (this.#waiting) this.#waiting.push(interested);
    else interested();
  }

  awaitedBy(session: RealmSession): number {
    return this.#interests.awaitedBy(session);
  }

  uninterested(...ended: Parameters<RealmLink["uninterested"]>): void {
    this.#interests.uninterested(...ended);
  }

  passOn(news: MemberNews): void {
    this.#interests.passOn(news);
  }

  subscriptionId(pattern: TopicPattern, isTaken: (id: Id) => boolean): Id {
    return subscriptionId(this.#context.key, pattern, isTaken);
  }

  publicationId(topic: Uri, args: readonly unknown[]): Id {
    return publicationId(this.#context.key, topic, args);
  }

  tellsOf(id: Id): boolean {
    return this.#ownerOf(id) === this.#context.me.node;
  }

  publish(publication: Publication, subscriptions: readonly Subscription[]): number {
    return this.#publications.publish(publication, subscriptions);
  }

  testament(session: RealmSession, scope: TestamentScope, testament: Testament): Promise<void> {
    return this.#estates.add(session, scope, testament);
  }

  withdraw(session: RealmSession, testaments: readonly Testament[]): Promise<void> {
    return this.#estates.withdraw(session, testaments);
  }

  joined(session: RealmSession): void {
    this.sessions.joined(session);
  }

  left(session: RealmSession): void {
    this.directory.left(session);
    this.#estates.left(session);
    this.sessions.left(session, (peer) => this.calls.reached(session, peer));
    this.calls.calleeLeft(session);
  }

  frozen(session: RealmSession, isFrozen: boolean): void {
    this.sessions.frozen(session, isFrozen);
  }

  endAll({ except, reason, message, silent }: EndingOfMany): void {
    const details = { message, silent };
    sendToAll(this.#context, { type: "END_ALL", realm: this.#context.number, except, reason, details });
  }

  refresh(): void {
    sendToAll(this.#context, { type: "STATE", realm: this.#context.number, details: { kind: "refresh" } });
  }

  flush(): Promise<void> {
    return new Promise((resolve) => this.#barrier.settled(resolve));
  }

  ask<T>(question: Question, node?: NodeId): Promise<Answers<T>> {
    return this.#questions.ask(question, node);
  }

  /** A frame of a peer has arrived. */
  receive(peer: Peer, frame: RealmFrame): void {
    switch (frame.type) {
      case "CALL":
      case "RESULT":
      case "ERROR":
      case "RETURNED":
      case "CANCEL":
      case "CHOKE":
        return this.calls.receive(peer, frame);
      case "STATE":
        return this.#state(peer, frame);
      case "EVENT":
        return this.#context.realm.deliver(publicationOf(frame));
      case "TESTAMENT":
        return this.#estates.keep(frame);
      case "ASK":
      case "ANSWER":
        return this.#questions.receive(peer, frame);
      case "KILL":
      case "END_ALL":
        return carryOutOrder(this.#context.realm, frame);
    }
  }

  /** A peer is up. Returns the frames that describe this node's part of the realm. */
  introduce(peer: Peer): Iterable<Frame> {
    if (this.#undone.has(peer.node)) this.#undoing.finish(); // the sessions of its former incarnation
    this.directory.up(peer);
    return this.#snapshot(this.#interests.snapshot());
  }

  *#snapshot(interests: Iterable<State>): Iterable<Frame> {
    const { number: realm } = this.#context;
    for (const details of this.sessions.snapshot()) yield { type: "STATE", realm, details };
    for (const details of interests) yield { type: "STATE", realm, details };
    yield* this.#estates.snapshot();
    yield { type: "STATE", realm, details: this.#loads.snapshot() };
  }

  /** A peer has sent its whole part of the realm. */
  introduced(peer: Peer): void {
    this.#legacies.introduced(peer.node);
    this.#interests.introduced(peer.node);
  }

  /** This node has joined, and the key exists. */
  open(): void {
    this.directory.open();
    this.#loads.open();
    this.#context.realm.opened();
    this.#interests.open();
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const each of waiting) each();
  }

  suspect(peer: Peer): void {
    this.sessions.suspect(peer);
  }

  /** This node leaves. Resolves when the pending writes of its registrations are done or have failed. */
  close(): Promise<void> {
    this.#loads.close();
    this.#legacies.close();
    return this.directory.close();
  }

  /** A peer has gone down, and is no longer in the context's peers. It may have many sessions, which are ended step by step. */
  down(peer: Peer, cause: DownCause): void {
    const legacy = cause === "expelled" ? this.#legacies.add(peer) : undefined;
    this.#undone.add(peer.node);
    this.#undoing.pushEach(this.#endingsOf(this.sessions.down(peer), legacy));
    this.#undoing.pushEach(this.calls.down(peer));
    this.#undoing.push(() => this.#undone.delete(peer.node));
    this.#undoing.flush();
    this.#interests.down(peer, { isSilent: cause === "apart" });
    this.#questions.down(peer);
    this.#loads.down(peer);
    this.directory.down(peer);
  }

  *#endingsOf(sessions: Iterable<RemoteSession>, legacy: Legacy | undefined): Iterable<() => void> {
    for (const session of sessions)
      yield () => {
        const testaments = this.#estates.take(session.id);
        this.sessions.end(session);
        legacy?.sessions.push(session);
        legacy?.testaments.push(...testaments);
      };
  }

  /** This node is cut off from the others. */
  isolated(): void {
    this.sessions.isolated();
    this.directory.isolated();
  }

  /** This node is no longer cut off. */
  returned(): void {
    this.sessions.isolated();
    this.directory.returned();
  }

  /** A registration of this realm has a new record. */
  changed(key: string, record: RegistrationRecord | undefined, revision: number): void {
    this.directory.changed(key, record, revision);
  }

  /** Removes the shares of a lost incarnation, and publishes its testaments. */
  async reap(gone: Incarnation): Promise<void> {
    await this.directory.reap(gone);
    await new Promise<void>((resolve) => {
      this.#undoing.push(resolve);
      this.#undoing.flush();
    });
    this.#context.realm.bequeath(this.#legacies.takeTestaments(gone));
    await this.flush(); // all sessions receive them before they learn that the sessions have left
  }

  /**
   * The shares and testaments of a lost incarnation were processed. If the node that did so lacks this realm, one of those that
   * serve it does the rest.
   */
  reaped(gone: Incarnation, by: NodeId | undefined): void {
    const { me, peers } = this.#context;
    const isDone = by === undefined || by === me.node || peers.has(by);
    if (isDone || this.#ownerOf(gone.incarnation) !== me.node) this.#depart(gone);
    else void this.#reapAfter(gone);
  }

  /** Never rejects. */
  async #reapAfter(gone: Incarnation): Promise<void> {
    try {
      await this.reap(gone);
    } catch (error) {
      if (!(error instanceof Unreachable)) this.#context.host.report(error); // records that remain in the directory have no effect
    }
    this.#depart(gone);
  }

  #depart(gone: Incarnation): void {
    this.#undoing.pushEach(this.#departuresOf(gone));
    this.#undoing.flush();
  }

  *#departuresOf(gone: Incarnation): Iterable<() => void> {
    for (const session of this.#legacies.takeSessions(gone))
      yield () => this.#context.realm.departed(session, gone.incarnation);
  }

  #state(peer: Peer, { details: state }: StateFrame): void {
    switch (state.kind) {
      case "session":
      case "left":
      case "frozen":
        return this.sessions.receive(peer, state);
      case "interest":
      case "uninterested":
      case "member":
      case "unwatched":
        return this.#interests.carryOut(peer.node, state);
      case "withdrawn":
        return this.#estates.withdrawn(state);
      case "load":
        return this.#loads.receive(peer, state);
      case "refresh":
        return this.#context.realm.refresh();
    }
  }

  /** Returns the node that reports events about an ID. All nodes agree on it while none joins or leaves. */
  #ownerOf(id: Id): NodeId {
    const { me, peers } = this.#context;
    return nodeOf(String(id), [me.node, ...peers.keys()]) ?? me.node;
  }

  #answer(question: Question): unknown {
    if (question.about !== HOLDS) return this.#context.realm.answer(question);
    const { key, share } = question.given;
    return this.directory.holds(key as string, share as Id);
  }

  async #holds(node: NodeId, key: string, share: Id): Promise<boolean | undefined> {
    const { answers } = await this.#questions.ask<boolean>({ about: HOLDS, given: { key, share } }, node);
    return answers[0];
  }
}

/** The question whether a node still has a share in a registration. */
const HOLDS = "registration.holds";
