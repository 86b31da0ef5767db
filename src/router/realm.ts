import type { PeerInfo } from "../transport/transport.js";
import { ProtocolViolation, WampError } from "../wire/error.js";
import { type Id, randomId } from "../wire/ids.js";
import type { Call, Message, RequestMessage } from "../wire/messages.js";
import type { PublishOptions } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import type { RefusedPayload } from "../wire/refused-payload.js";
import { AUTHORIZATION_FAILED, isReserved, NOT_AUTHORIZED } from "../wire/uris.js";
import { authorizingProcedure, serves } from "./access/authorizing-procedure.js";
import { outsideRefusal } from "./access/development.js";
import { denialOf } from "./access/permitted.js";
import { questionsOf } from "./access/questions.js";
import { RealmCaller } from "./access/realm-caller.js";
import { refreshed } from "./access/refresh.js";
import type { Roles } from "./access/roles.js";
import { answerError } from "./answers.js";
import type { Authenticator, Principal } from "./auth/authenticator.js";
import type { Party } from "./authorizer.js";
import { Bequests } from "./bequests.js";
import { Broker, type BrokerConfig } from "./broker.js";
import type { RealmConfig } from "./config.js";
import { Dealer, type DealerConfig } from "./dealer.js";
import type { Disclosure } from "./disclosure.js";
import { Dismissals, type Farewell } from "./dismissals.js";
import type { Faults } from "./faults.js";
import { type Admission, Gate } from "./gate.js";
import type { GrantSource, Grants } from "./grants.js";
import { checkRealmLimit, LimitExceeded } from "./limits.js";
import { MetaApi, sessionDetails } from "./meta/meta.js";
import { Reflection } from "./meta/reflection.js";
import type { RouterEvent, RouterObserver, SessionSubject } from "./observer.js";
import type { Joining, Policies } from "./policy.js";
import { accessOf, type RealmAccess, realmLimits, roleSources } from "./realm-access.js";
import { type MetaEvent, type MetaSubject, partyOf, type RealmSession, type Surroundings } from "./realm-session.js";
import { Slices } from "./slices.js";
import type { GuardedStoreStats } from "./store/guarded.js";
import { type Testament, Testaments } from "./testaments.js";
import type { RealmWatch } from "./watch.js";

/** What a client may ask of a realm, once its session stands. */
type RealmMessage = Extract<
  Message,
  { type: "PUBLISH" | "SUBSCRIBE" | "UNSUBSCRIBE" | "CALL" | "CANCEL" | "REGISTER" | "UNREGISTER" | "YIELD" | "ERROR" }
>;

/** What a realm is made of, beside its name. */
export interface RealmParts {
  readonly surroundings: Omit<Surroundings, "emit" | "emitEach" | "dropped">;
  readonly access: RealmAccess;
  readonly roles: Roles;
  readonly policies: Policies | undefined;
  readonly observe: RouterObserver;
  readonly faults: Faults;
  readonly watch: RealmWatch;
  readonly broker: BrokerConfig;
  readonly dealer: DealerConfig;
  /** A client's request IDs must count 1, 2, 3 …; a gap is a protocol violation. */
  readonly strictRequestIds: boolean;
}

/** An event of the realm's own, on its way. */
interface Announcement {
  readonly topic: string;
  readonly payload: Payload;
  readonly options?: PublishOptions;
  /** What it tells of: those who may not know of it are not told. */
  readonly about?: MetaSubject;
}

/** How a session ended, as `RouterEvent` has it. */
export type Ending = Pick<Left, "reason" | "message" | "endedBy" | "cut">;
/** How a session ended, and what is known of its time. */
export type Leaving = Ending & Pick<Left, "info" | "durationMs" | "traffic">;
type Left = Extract<RouterEvent, { readonly type: "left" }>;

/** What a realm holds. With nobody in it, all are 0, but for the subscriptions that are kept for their history. */
export interface RealmStats {
  readonly sessions: number;
  readonly subscriptions: number;
  /** Sessions in one subscription or more. */
  readonly subscribers: number;
  readonly registrations: number;
  /** Sessions in one registration or more. */
  readonly callees: number;
  /** Calls that wait for their last answer. */
  readonly pendingCalls: number;
  /** Sessions that have called or been called. */
  readonly callParties: number;
  /** URIs described by reflection. */
  readonly definitions: number;
  /** Sessions that have described one or more. */
  readonly definers: number;
  /** Sessions that will leave a testament. */
  readonly testators: number;
}

/**
 * One realm: its sessions, its broker, its dealer and its meta API. Realms share nothing. A request that is refused becomes
 * an ERROR here and nowhere else; a leaving session is undone here and nowhere else.
 */
export class Realm<Session extends RealmSession = RealmSession> {
  readonly name: string;
  readonly #parts: RealmParts;
  readonly #sessions = new Map<Id, Session>();
  readonly #lastRequests = new Map<RealmSession, Id>(); // where request IDs are checked
  readonly #broker: Broker;
  readonly #dealer: Dealer;
  readonly #testaments: Testaments;
  readonly #bequests: Bequests;
  readonly #reflection: Reflection;
  readonly #meta: MetaApi;
  readonly #gate: Gate;
  #access: RealmAccess;
  #grants: GrantSource;
  readonly #announcements: Slices<Announcement | undefined>; // those of the change under way, and what is left of larger ones
  readonly #dismissals: Dismissals;
  #caller: RealmCaller | undefined;
  #silent = false; // the change under way is one that nobody is left to hear of

  constructor(name: string, parts: RealmParts) {
    this.name = name;
    this.#parts = parts;
    this.#access = parts.access;
    const surroundings: Surroundings = {
      ...parts.surroundings,
      emit: (topic, args, about) => {
        if (!this.#silent) this.#announcements.push({ topic, payload: Payload.of(args), about });
      },
      emitEach: (events) => this.#announcements.pushEach(announcementsOf(events, this.#silent)),
      dropped: (session, topic, why) =>
        parts.observe({ type: "dropped", ...this.#subject(session), topic, reason: why.uri, why: why.message }),
    };
    this.#announcements = new Slices((each) => (each ? this.#announce(each) : 1), surroundings.defer);
    this.#dismissals = new Dismissals(surroundings, {
      entriesOf: (session) => this.#broker.subscriptions.countOf(session) + this.#dealer.registrations.countOf(session),
      end: (session, { reason, message }, silent) => {
        this.#silent = silent;
        parts.faults.guard(() => session.goodbye(reason, message));
        this.#silent = false;
      },
    });
    this.#gate = new Gate({
      clock: surroundings.clock,
      stands: (session) => this.#stands(session),
      carryOut: (session, message, admission) => this.#carryOutLater(session, message, admission),
      questionsOf: (session, message) => questionsOf(message, session, this.#broker.subscriptions),
      refuse: (session, message, error) => this.#refuse(session, message, error),
      report: (error) => parts.faults.tell(error),
    });
    this.#testaments = new Testaments(surroundings.limits);
    this.#bequests = new Bequests({
      testaments: this.#testaments,
      gate: this.#gate,
      publish: (testament) => this.#leaveBehind(testament),
      denied: (session, { uri: reason, message: why }) =>
        parts.observe({ type: "denied", ...this.#subject(session), request: "PUBLISH", reason, why }),
    });
    this.#broker = new Broker(surroundings, parts.broker);
    this.#dealer = new Dealer(surroundings, parts.dealer);
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
      endAll: (test, farewell, silent) => this.#endAll(test, farewell, silent),
    });
  }

  get sessions(): ReadonlyMap<Id, Session> {
    return this.#sessions;
  }

  /** What the realm holds now. */
  get stats(): RealmStats {
    return {
      sessions: this.#sessions.size,
      ...this.#broker.subscriptions.stats,
      ...this.#dealer.stats,
      ...this.#reflection.stats,
      testators: this.#testaments.size,
    };
  }

  /** How much its event store keeps now. */
  get storeStats(): GuardedStoreStats {
    return this.#parts.broker.store.stats;
  }

  /** An ID that no session of this realm has. */
  newSessionId(): Id {
    const { random } = this.#parts.surroundings;
    let id = randomId(random);
    while (this.#sessions.has(id)) id = randomId(random);
    return id;
  }

  /** Calls a procedure for the realm itself, which its sessions do not see. Resolves with the first positional result. */
  call(procedure: string, args: readonly unknown[]): Promise<unknown> {
    this.#caller ??= new RealmCaller(this.#dealer, this.#parts.roles, () => this.newSessionId());
    return this.#caller.call(procedure, args);
  }

  get authenticators(): readonly Authenticator[] {
    return this.#access.authenticators;
  }

  /** Whether it takes clients of this machine only. */
  get isForDevelopment(): boolean {
    return this.#access.isForDevelopment;
  }

  /** Who joins, by the policies of the realm. */
  admit(principal: Principal, seen: Pick<Joining, "authmethod" | "info">): Principal {
    return this.#parts.policies?.join(principal, seen) ?? principal;
  }

  outsideRefusal(info: PeerInfo): string | undefined {
    return this.#access.isForDevelopment ? outsideRefusal(info) : undefined;
  }

  /**
   * What a session that joins may. Throws `wamp.error.no_such_role`, and `wampact.error.limit_exceeded` where the realm takes no more
   * sessions.
   */
  grantsOf(who: Party): Grants {
    checkRealmLimit(this.#parts.surroundings.limits, "maxSessions", { held: this.#sessions.size });
    this.#parts.roles.check(who.authrole);
    return this.#grants(who);
  }

  /** Takes a session in, once it has its WELCOME. */
  join(session: Session, info: PeerInfo): void {
    this.#sessions.set(session.id, session);
    const { authmethod } = session;
    this.#parts.observe({ type: "joined", ...this.#subject(session), authmethod, info });
    this.#announcements.push({ topic: "wamp.session.on_join", payload: Payload.of([sessionDetails(session)]) });
    this.#announcements.flush();
  }

  /** Undoes everything the session owned. Called once for each session that joined, however it ends. Throws nothing. */
  leave(session: Session, leaving: Leaving): void {
    const { faults, observe, roles } = this.#parts;
    const { authorize } = this.#access;
    const asks = typeof authorize !== "string" || !serves(session, authorize, { dealer: this.#dealer, roles });
    this.#sessions.delete(session.id);
    this.#lastRequests.delete(session);
    this.#gate.leave(session);
    for (const part of [this.#broker, this.#dealer, this.#reflection]) faults.guard(() => part.leave(session));
    observe({ type: "left", ...this.#subject(session), ...leaving });
    if (this.#silent) return this.#bequests.drop(session);
    if (this.#testaments.of(session).length > 0) this.#bequests.leave(session, { asks });
    else this.#gate.forget(session);
    const payload = Payload.of([session.id, session.authid, session.authrole]);
    this.#announcements.push({ topic: "wamp.session.on_leave", payload });
    this.#announcements.flush();
  }

  #leaveBehind(testament: Testament): void {
    this.#announcements.push(testament);
    this.#announcements.flush();
  }

  /** Whether a session has yet to answer a call. */
  owesAnswer(session: Session): boolean {
    return this.#dealer.owesAnswer(session);
  }

  /** A session owes an answer and shows no sign of life, or shows one again. */
  freeze(session: Session, isFrozen: boolean): void {
    if (isFrozen) this.#parts.observe({ type: "frozen", ...this.#subject(session) });
    this.#dealer.freeze(session, isFrozen);
  }

  /** Reads the roles again, and regrants. Throws what their own check throws. */
  async refresh(): Promise<void> {
    this.#parts.roles.refresh();
    await this.regrant();
  }

  /**
   * Takes what a configuration says of access and limits for its own; `regrant` brings it to those who have joined. Throws what the roles' own
   * check throws, and has then changed nothing.
   */
  adopt(config: RealmConfig): void {
    const { roles, surroundings } = this.#parts;
    roles.replace(roleSources(config));
    this.#access = accessOf(config, roles);
    this.#grants = this.#grantSource(this.#access);
    Object.assign(surroundings.limits, realmLimits(config)); // the object that broker and dealer have, too
  }

  /** Resolves anew what each session may, and revokes what it may not hold. */
  async regrant(): Promise<void> {
    const { faults, surroundings } = this.#parts;
    await refreshed([...this.#sessions.values()], {
      grantsOf: (session) => this.#grants(partyOf(session)),
      stands: (session) => this.#stands(session),
      gate: this.#gate,
      broker: this.#broker,
      dealer: this.#dealer,
      testaments: this.#testaments,
      changed: () => this.#announcements.flush(),
      report: (error) => void faults.tell(error),
      defer: surroundings.defer,
    });
  }

  /** Calls that were refused since it drains. */
  get refusedCalls(): number {
    return this.#dealer.refusedCalls;
  }

  /** Refuses new calls from now on. Resolves when those under way have had their last answer. */
  drain(): Promise<void> {
    return new Promise((resolve) => this.#dealer.drain(resolve));
  }

  /** Resolves when the testaments of all who have left are published or denied. */
  bequeathed(): Promise<void> {
    return this.#bequests.settled();
  }

  /** All sessions end from now on. */
  close(): void {
    this.#dealer.close();
  }

  /** Carries a client's message out. Throws `ProtocolViolation` for what a client must not send, and nothing else. */
  receive(session: Session, message: Message): void {
    if (!isForRealm(message)) return; // EVENT_RECEIVED asks for nothing
    if (this.#parts.strictRequestIds) this.#checkSequence(session, message);
    const { permissions, authorizer } = session.grants;
    const denial = permissions && denialOf(permissions, message);
    if (denial) return this.#refuse(session, message, denial);
    if (!authorizer || !isGated(message)) return this.#carryOut(session, message);
    const admission = this.#gate.admit(session, message);
    if (admission && this.#stands(session)) this.#carryOut(session, message, admission.disclosure); // an authorizer may end whom it is asked about
  }

  #grantSource({ authorize, grants }: RealmAccess): GrantSource {
    if (typeof authorize !== "string") return grants(authorize);
    const { roles } = this.#parts;
    const host = { dealer: this.#dealer, sessions: this.#sessions, roles, call: this.call.bind(this) };
    return grants(authorizingProcedure(authorize, host));
  }

  #subject({ id, authid, authrole }: RealmSession): SessionSubject {
    return { realm: this.name, session: id, authid, authrole };
  }

  #stands(session: RealmSession): boolean {
    return this.#sessions.get(session.id) === session;
  }

  /** Carries out what may be. What it throws becomes an answer to whoever asked; only a violation is thrown on. */
  #carryOut(session: RealmSession, message: RealmMessage, disclosure?: Disclosure): void {
    try {
      this.#dispatch(session, this.#parts.policies?.rewrite(partyOf(session), message) ?? message, disclosure);
    } catch (error) {
      if (error instanceof ProtocolViolation) throw error;
      this.#refuse(session, message, error instanceof WampError ? error : this.#parts.faults.tell(error));
    }
    if (!this.#announcements.isEmpty) this.#announcements.flush();
  }

  /** The same for a message that had to wait. */
  #carryOutLater(session: RealmSession, message: RealmMessage, { disclosure }: Admission): void {
    if (!this.#stands(session)) return;
    const { permissions } = session.grants; // which may be others by now
    const denial = permissions && denialOf(permissions, message);
    if (denial) return this.#refuse(session, message, denial);
    try {
      this.#carryOut(session, message, disclosure);
    } catch (error) {
      session.abort(error as ProtocolViolation);
    }
  }

  /** Refuses a message whose payload could not be read, and nothing else of its session. Throws as `receive` does. */
  refuse(session: Session, { head, error }: RefusedPayload): void {
    if (!isForRealm(head)) throw new ProtocolViolation(error.message);
    if (this.#parts.strictRequestIds) this.#checkSequence(session, head);
    this.#refuse(session, head, error);
  }

  /** A PUBLISH is answered only where it asked to be; what answers a call, or goes on with one, fails it. */
  #refuse(session: RealmSession, message: RealmMessage, error: WampError): void {
    if (error instanceof LimitExceeded) {
      const { limit } = error;
      this.#parts.observe({ type: "limited", ...this.#subject(session), request: message.type, limit });
    }
    if (error.uri === NOT_AUTHORIZED || error.uri === AUTHORIZATION_FAILED) {
      const { uri: reason, message: why } = error;
      this.#parts.observe({ type: "denied", ...this.#subject(session), request: message.type, reason, why });
    }
    if (message.type === "CANCEL") return;
    if (message.type === "YIELD" || message.type === "ERROR") {
      return this.#dealer.failAnswer(session, message, error);
    }
    if (message.type === "PUBLISH" && !message.options.acknowledge) return;
    if (message.type === "CALL") {
      if (this.#dealer.failCall(session, message.request, error)) return;
      this.#parts.watch.refused(error.uri);
    }
    answerError(session, { requestType: message.type, request: message.request }, error);
  }

  #dispatch(session: RealmSession, message: RealmMessage, disclosure: Disclosure | undefined): void {
    switch (message.type) {
      case "CALL":
        return this.#call(session, message, disclosure);
      case "YIELD":
        return this.#dealer.yield(session, message);
      case "PUBLISH":
        return this.#broker.publish(session, message, disclosure);
      case "ERROR":
        return this.#dealer.error(session, message);
      case "CANCEL":
        return this.#dealer.cancel(session, message);
      case "SUBSCRIBE":
        return this.#broker.subscribe(session, message);
      case "UNSUBSCRIBE":
        return this.#broker.unsubscribe(session, message);
      case "REGISTER":
        return this.#dealer.register(session, message, disclosure);
      case "UNREGISTER":
        return this.#dealer.unregister(session, message);
    }
  }

  /** A meta procedure is answered by the realm itself, any other by its callee. */
  #call(session: RealmSession, message: Call, disclosure: Disclosure | undefined): void {
    const meta = isReserved(message.procedure) ? this.#meta.find(message.procedure) : undefined;
    if (!meta) return this.#dealer.call(session, message, disclosure);
    const { watch } = this.#parts;
    const timing = watch.begin(0);
    const payload = meta(message.payload, session);
    const refusal = session.send({ type: "RESULT", request: message.request, details: {}, payload });
    if (refusal) throw refusal;
    watch.answered(timing);
  }

  /** Meta events go out when the change they tell of is complete; what they cause themselves comes after them. Returns the cost. */
  #announce({ topic, payload, options, about }: Announcement): number {
    try {
      return 1 + this.#broker.announce(topic, payload, { options, about });
    } catch (error) {
      this.#parts.faults.tell(error); // such as that of a store
      return 1;
    }
  }

  /** Ends the sessions that a test picks and returns them. None is here any more from now on, however long it takes to tell all of them. */
  #endAll(test: (session: RealmSession) => boolean, farewell: Farewell, silent: boolean): readonly RealmSession[] {
    const ending: Session[] = [];
    const staying: Session[] = [];
    for (const session of this.#sessions.values()) (test(session) ? ending : staying).push(session);
    if (staying.length < ending.length) {
      this.#sessions.clear(); // to take out 100,000 one by one would stop the router
      for (const session of staying) this.#sessions.set(session.id, session);
    } else for (const { id } of ending) this.#sessions.delete(id);
    this.#dismissals.add(ending, farewell, silent);
    return ending;
  }

  /** All requests of a client share one counter. A CALL may come again under an ID it had, which the dealer judges. */
  #checkSequence(session: RealmSession, message: RealmMessage): void {
    if (message.type === "CANCEL" || message.type === "YIELD" || message.type === "ERROR") return;
    const last = this.#lastRequests.get(session) ?? 0;
    if (message.type === "CALL" && message.request <= last) return;
    if (message.request !== last + 1) {
      throw new ProtocolViolation(`${message.type}.request: expected ${last + 1}, got ${message.request}`);
    }
    this.#lastRequests.set(session, message.request);
  }
}

/** Takes every meta event; one that nobody is to hear makes no announcement. */
function* announcementsOf(events: Iterable<MetaEvent>, silent: boolean): Iterable<Announcement | undefined> {
  for (const [topic, args, about] of events) yield silent ? undefined : { topic, payload: Payload.of(args), about };
}

function isForRealm(message: Message): message is RealmMessage {
  switch (message.type) {
    case "CALL": // those that come most are first
    case "YIELD":
    case "PUBLISH":
    case "ERROR":
    case "CANCEL":
    case "SUBSCRIBE":
    case "UNSUBSCRIBE":
    case "REGISTER":
    case "UNREGISTER":
      return true;
    default:
      return false;
  }
}

/** Whether an authorizer is asked, or a message has to wait behind one that is. */
function isGated(message: RealmMessage): message is Extract<RealmMessage, RequestMessage | { type: "CANCEL" }> {
  return message.type !== "YIELD" && message.type !== "ERROR";
}
