import type { PeerInfo } from "../transport/transport.js";
import { type Id, randomId } from "../wire/ids.js";
import type { Message } from "../wire/messages.js";
import type { RefusedPayload } from "../wire/refused-payload.js";
import { authorizingProcedure, serves } from "./access/authorizing-procedure.js";
import { outsideRefusal } from "./access/development.js";
import { questionsOf } from "./access/questions.js";
import { RealmCaller } from "./access/realm-caller.js";
import { refreshed } from "./access/refresh.js";
import type { Roles } from "./access/roles.js";
import { type Announcement, Announcer } from "./announcer.js";
import type { Authenticator, Principal } from "./auth/authenticator.js";
import type { Party } from "./authorizer.js";
import { Bequests } from "./bequests.js";
import { Broker, type BrokerConfig } from "./broker.js";
import type { RealmConfig } from "./config.js";
import { Dealer, type DealerConfig } from "./dealer.js";
import { Dismissals } from "./dismissals.js";
import { Dispatcher } from "./dispatcher.js";
import type { Faults } from "./faults.js";
import { Gate } from "./gate.js";
import type { GrantSource, Grants } from "./grants.js";
import { checkRealmLimit, NO_LOAD, type RealmLoad } from "./limits.js";
import { linkedRealm } from "./linked-realm.js";
import { MetaApi } from "./meta/meta.js";
import { Reflection } from "./meta/reflection.js";
import type { RouterEvent, RouterObserver, SessionSubject } from "./observer.js";
import type { Joining, Policies } from "./policy.js";
import { accessOf, type RealmAccess, realmLimits, roleSources } from "./realm-access.js";
import type { LinkedRealm, RealmLink } from "./realm-link.js";
import type { RealmMessage } from "./realm-messages.js";
import { partyOf, type RealmSession, type Surroundings } from "./realm-session.js";
import type { RealmStats } from "./realm-stats.js";
import { Refusals } from "./refusals.js";
import type { GuardedStoreStats } from "./store/guarded.js";
import { Testaments } from "./testaments.js";
import type { RealmWatch } from "./watch.js";

/** The parts of a realm, except its name. */
export interface RealmParts {
  readonly surroundings: Omit<Surroundings, "elsewhere" | "emit" | "emitEach" | "isSilent" | "stands" | "dropped">;
  readonly access: RealmAccess;
  readonly roles: Roles;
  readonly policies: Policies | undefined;
  readonly observe: RouterObserver;
  readonly faults: Faults;
  readonly watch: RealmWatch;
  readonly broker: BrokerConfig;
  readonly dealer: DealerConfig;
  /** Links the realm to those of other routers. `undefined` if it has none. */
  readonly link?: ((realm: LinkedRealm) => RealmLink) | undefined;
  /** Whether a client's request IDs must count 1, 2, 3 …; a gap is then a protocol violation. */
  readonly strictRequestIds: boolean;
}

/** The reason why a session ended, as in `RouterEvent`. */
export type Ending = Pick<Left, "reason" | "message" | "endedBy" | "cut">;
/** The reason why a session ended, and its statistics. */
export type Leaving = Ending & Pick<Left, "info" | "durationMs" | "traffic">;
type Left = Extract<RouterEvent, { readonly type: "left" }>;

/**
 * One realm: its sessions, broker, dealer and meta API. Realms share nothing. Only this class removes a session that leaves.
 */
export class Realm<Session extends RealmSession = RealmSession> {
  readonly name: string;
  readonly #parts: RealmParts;
  readonly #sessions = new Map<Id, RealmSession>(); // including those of other routers
  readonly #broker: Broker;
  readonly #dealer: Dealer;
  readonly #refusals: Refusals;
  readonly #testaments: Testaments;
  readonly #bequests: Bequests;
  readonly #reflection: Reflection;
  readonly #meta: MetaApi;
  readonly #gate: Gate;
  readonly #dispatcher: Dispatcher;
  #access: RealmAccess;
  #grants: GrantSource;
  readonly #announcements: Announcer;
  readonly #dismissals: Dismissals;
  readonly #link: RealmLink | undefined; // to the other routers of the realm
  #caller: RealmCaller | undefined;

  constructor(name: string, parts: RealmParts) {
    this.name = name;
    this.#parts = parts;
    this.#access = parts.access;
    this.#announcements = new Announcer({
      publish: (announcement) => this.#announce(announcement),
      defer: parts.surroundings.defer,
    });
    const elsewhere: RealmLoad = { ...NO_LOAD };
    const surroundings: Surroundings = {
      elsewhere,
      ...parts.surroundings,
      emit: this.#announcements.emit,
      emitEach: this.#announcements.emitEach,
      isSilent: () => this.#announcements.silent,
      stands: (session) => this.#stands(session),
      dropped: (session, topic, why) =>
        parts.observe({ type: "dropped", ...this.#subject(session), topic, reason: why.uri, why: why.message }),
    };
    this.#dismissals = new Dismissals(surroundings, {
      sessions: this.#sessions,
      link: () => this.#link,
      entriesOf: (session) => this.#broker.subscriptions.countOf(session) + this.#dealer.registrations.countOf(session),
      end: (session, { reason, message }, silent) => {
        const end = () => parts.faults.guard(() => session.goodbye(reason, message));
        this.#announcements.during(end, { silent });
      },
    });
    this.#gate = new Gate({
      clock: surroundings.clock,
      stands: (session) => this.#stands(session),
      carryOut: (session, message, admission) => this.#dispatcher.carryOutLater(session, message, admission),
      questionsOf: (session, message) => questionsOf(message, session, this.#broker.subscriptions),
      refuse: (session, message, error) => this.#refusals.refuse(session, message, error),
      report: (error) => parts.faults.tell(error),
    });
    this.#testaments = new Testaments(surroundings.limits, elsewhere);
    this.#bequests = new Bequests({
      testaments: this.#testaments,
      gate: this.#gate,
      publish: (testament) => this.#announcements.publish(testament),
      published: (session) => this.#broker.publishedBy(session),
      denied: (session, { uri: reason, message: why }) =>
        parts.observe({ type: "denied", ...this.#subject(session), request: "PUBLISH", reason, why }),
    });
    this.#broker = new Broker(surroundings, parts.broker);
    this.#dealer = new Dealer(surroundings, parts.dealer);
    this.#refusals = new Refusals({
      dealer: this.#dealer,
      faults: parts.faults,
      watch: parts.watch,
      observe: parts.observe,
      subjectOf: (session) => this.#subject(session),
    });
    this.#grants = this.#grantSource(parts.access);
    this.#reflection = new Reflection(surroundings, this.#dealer.registrations);
    this.#meta = new MetaApi({
      broker: this.#broker,
      dealer: this.#dealer,
      testaments: this.#testaments,
      policies: parts.policies,
      reflection: this.#reflection,
      sessions: this.#sessions,
      uriRules: surroundings,
      link: () => this.#link,
      endAll: (...ending) => this.#dismissals.endAll(...ending),
    });
    this.#dispatcher = new Dispatcher({
      broker: this.#broker,
      dealer: this.#dealer,
      meta: this.#meta,
      gate: this.#gate,
      refusals: this.#refusals,
      announcements: this.#announcements,
      policies: parts.policies,
      watch: parts.watch,
      strictRequestIds: parts.strictRequestIds,
      link: () => this.#link,
      stands: (session) => this.#stands(session),
    });
    this.#link = parts.link?.(this.#linked(elsewhere));
    if (this.#link) this.#linkParts(this.#link);
  }

  #linkParts(link: RealmLink): void {
    const refuse = (session: RealmSession, message: RealmMessage, error: unknown) =>
      this.#refusals.failed(session, message, error);
    const keptApart = (topic: string) => this.#parts.observe({ type: "kept_apart", realm: this.name, topic });
    this.#broker.link({ link, refuse, changed: () => this.#announcements.flush(), keptApart });
    this.#dealer.link({ link, refuse });
    this.#announcements.link(link);
  }

  #linked(elsewhere: RealmLoad): LinkedRealm {
    return linkedRealm({
      elsewhere,
      testaments: this.#testaments,
      reflection: this.#reflection,
      name: this.name,
      sessions: this.#sessions,
      dealer: this.#dealer,
      broker: this.#broker,
      faults: this.#parts.faults,
      announcements: this.#announcements,
      dismissals: this.#dismissals,
      refresh: () => this.#refreshOwn(),
      answer: (question) => this.#meta.answer(question),
    });
  }

  /** The sessions, including those of other routers, which have a `node`. */
  get sessions(): ReadonlyMap<Id, RealmSession> {
    return this.#sessions;
  }

  /** The current numbers of the realm. */
  get stats(): RealmStats {
    return {
      sessions: this.#link ? this.#own().length : this.#sessions.size,
      ...this.#broker.subscriptions.stats,
      ...this.#dealer.stats,
      ...this.#reflection.stats,
      testators: this.#testaments.size,
    };
  }

  /** The current numbers of its event store. */
  get storeStats(): GuardedStoreStats {
    return { ...this.#parts.broker.store.stats, stops: this.#broker.stops, forgotten: this.#broker.forgotten };
  }

  /** Returns an ID that no session of this realm has. */
  newSessionId(): Id {
    const { random } = this.#parts.surroundings;
    let id = randomId(random);
    while (this.#sessions.has(id)) id = randomId(random);
    return id;
  }

  /** Calls a procedure for the realm itself. Its sessions do not see the call. Resolves with the first positional result. */
  call(procedure: string, args: readonly unknown[]): Promise<unknown> {
    this.#caller ??= new RealmCaller(this.#dealer, this.#parts.roles, () => this.newSessionId());
    return this.#caller.call(procedure, args);
  }

  get authenticators(): readonly Authenticator[] {
    return this.#access.authenticators;
  }

  /** Whether it accepts only clients on this machine. */
  get isForDevelopment(): boolean {
    return this.#access.isForDevelopment;
  }

  /** Returns the principal that joins, by the policies of the realm. */
  admit(principal: Principal, seen: Pick<Joining, "authmethod" | "info">): Principal {
    return this.#parts.policies?.join(principal, seen) ?? principal;
  }

  outsideRefusal(info: PeerInfo): string | undefined {
    return this.#access.isForDevelopment ? outsideRefusal(info) : undefined;
  }

  /**
   * Returns the grants of a session that joins. Throws `wamp.error.no_such_role`, and `wampact.error.limit_exceeded` if the realm
   * is full.
   */
  grantsOf(who: Party): Grants {
    checkRealmLimit(this.#parts.surroundings.limits, "maxSessions", { held: this.#sessions.size });
    this.#parts.roles.check(who.authrole);
    return this.#grants(who);
  }

  /** Adds a session after its WELCOME. */
  join(session: Session, info: PeerInfo): void {
    this.#sessions.set(session.id, session);
    const { authmethod } = session;
    this.#link?.joined(session);
    this.#announcements.joined(session);
    this.#parts.observe({ type: "joined", ...this.#subject(session), authmethod, info }); // last, since an observer may end it
  }

  /** Removes everything that a session owned. Called once for each session that joined, whatever ended it. Throws nothing. */
  leave(session: Session, leaving: Leaving): void {
    const { faults, observe, roles } = this.#parts;
    const { authorize } = this.#access;
    const asks = typeof authorize !== "string" || !serves(session, authorize, { dealer: this.#dealer, roles });
    this.#sessions.delete(session.id);
    this.#dispatcher.leave(session);
    this.#gate.leave(session);
    for (const part of [this.#broker, this.#dealer, this.#reflection]) faults.guard(() => part.leave(session));
    this.#link?.left(session);
    observe({ type: "left", ...this.#subject(session), ...leaving });
    if (this.#announcements.silent) return this.#bequests.drop(session);
    if (this.#testaments.of(session).length > 0) this.#bequests.leave(session, { asks });
    else this.#gate.forget(session);
    this.#announcements.left(session);
  }

  /** Returns whether a session has yet to answer a call. */
  owesAnswer(session: Session): boolean {
    return this.#dealer.owesAnswer(session);
  }

  /** A session owes an answer and shows no sign of life, or shows one again. */
  freeze(session: Session, isFrozen: boolean): void {
    if (isFrozen) this.#parts.observe({ type: "frozen", ...this.#subject(session) });
    this.#link?.frozen(session, isFrozen);
    this.#dealer.freeze(session, isFrozen);
  }

  /** Reads the roles again, and updates all grants. Throws the errors of the roles' check. */
  async refresh(): Promise<void> {
    await this.#refreshOwn();
    this.#link?.refresh();
  }

  async #refreshOwn(): Promise<void> {
    this.#parts.roles.refresh();
    await this.regrant();
  }

  /**
   * Applies the access rules and limits of a configuration. `regrant` applies them to existing sessions. Throws the errors of the
   * roles' check, and has then changed nothing.
   */
  adopt(config: RealmConfig): void {
    const { roles, surroundings } = this.#parts;
    roles.replace(roleSources(config));
    this.#access = accessOf(config, roles);
    this.#grants = this.#grantSource(this.#access);
    Object.assign(surroundings.limits, realmLimits(config)); // the object that broker and dealer have, too
  }

  /** Evaluates the grants of each session again, and revokes subscriptions and registrations that are no longer allowed. */
  async regrant(): Promise<void> {
    const { faults, surroundings } = this.#parts;
    await refreshed(this.#own(), {
      grantsOf: (session) => this.#grants(partyOf(session)),
      stands: (session) => this.#stands(session),
      gate: this.#gate,
      broker: this.#broker,
      dealer: this.#dealer,
      testaments: this.#testaments,
      withdraw: (session, testament) => {
        this.#testaments.remove(session, testament);
        void this.#link?.withdraw(session, [testament]);
      },
      changed: () => this.#announcements.flush(),
      report: (error) => void faults.tell(error),
      defer: surroundings.defer,
    });
  }

  /** The number of calls refused since it began to drain. */
  get refusedCalls(): number {
    return this.#dealer.refusedCalls;
  }

  /** Asks other routers to send no more calls to sessions of this one. Resolves when they have stopped. */
  async retire(): Promise<void> {
    await this.#link?.retire();
  }

  /** Refuses new calls from now on. Resolves when all calls in progress have ended and all publications are kept. */
  async drain(): Promise<void> {
    do await new Promise<void>((resolve) => this.#dealer.drain(resolve));
    while (this.#dealer.stats.pendingCalls > 0); // the last call was moved to another callee
    await this.#broker.settled();
  }

  /** Resolves when the testaments of all sessions that left have been published or denied, and kept. */
  async bequeathed(): Promise<void> {
    await this.#bequests.settled();
    await this.#broker.settled();
  }

  /** Marks the realm as closing: all its sessions end from now on. */
  close(): void {
    this.#dealer.close();
  }

  /** Carries out a client's message. Throws only `ProtocolViolation`, for a message that a client must not send. */
  receive(session: Session, message: Message): void {
    this.#dispatcher.receive(session, message);
  }

  /** Refuses a message whose payload could not be read. The session continues. Throws as `receive` does. */
  refuse(session: Session, refused: RefusedPayload): void {
    this.#dispatcher.refuse(session, refused);
  }

  #grantSource({ authorize, grants }: RealmAccess): GrantSource {
    if (typeof authorize !== "string") return grants(authorize);
    const { roles } = this.#parts;
    const host = { dealer: this.#dealer, sessions: this.#sessions, roles, call: this.call.bind(this) };
    return grants(authorizingProcedure(authorize, host));
  }

  /** Returns the sessions of this router. */
  #own(): RealmSession[] {
    return [...this.#sessions.values()].filter(({ node }) => node === undefined);
  }

  #subject({ id, authid, authrole }: RealmSession): SessionSubject {
    return { realm: this.name, session: id, authid, authrole };
  }

  #stands(session: RealmSession): boolean {
    return this.#sessions.get(session.id) === session;
  }

  /** Publishes a meta event. Returns the cost. */
  #announce(announcement: Announcement): number {
    const { faults } = this.#parts;
    try {
      const sent = this.#broker.announce(announcement);
      if (typeof sent === "number") return 1 + sent;
      sent.catch((error: unknown) => faults.tell(error));
    } catch (error) {
      faults.tell(error); // for example an error of a store
    }
    return 1;
  }
}
