import type { Clock } from "../session/clock.js";
import type { WampError } from "../wire/error.js";
import type { Dict } from "../wire/fields.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { InvocationDetails } from "../wire/options.js";
import type { Payload } from "../wire/payload.js";
import type { Uri } from "../wire/uris.js";
import type { CallFlow } from "./flow/call-flow.js";
import type { RouterId, SubscriptionLink } from "./interest.js";
import type { RealmLoad } from "./limits.js";
import type { ClusterChange } from "./observer.js";
import type { Publication } from "./publication.js";
import type { RealmSession } from "./realm-session.js";
import type { Callee, RegistrationRequest, RegistrationTerms } from "./registration.js";
import type { RemoteInterests } from "./remote-interests.js";
import type { Subscription } from "./subscription.js";
import type { SubscriptionRequest, Subscriptions } from "./subscriptions.js";
import type { Testament, TestamentScope } from "./testaments.js";

/**
 * The interface between a realm and the same realm on other routers. A realm without other routers has no link, and pays one check
 * for each use. A linked realm holds the sessions of the other routers as `RealmSession`s, so that most code treats them like its
 * own.
 */

/** A registration as all nodes have it. */
export interface RegistrationState extends RegistrationTerms {
  /** In the order of registration. Empty if the registration no longer exists. */
  readonly callees: readonly Callee[];
}

/** The answer to a session that wants a share in a registration. One method is called, once. */
export interface RegistrationAnswer {
  /** Every live node sends calls to the session from now on. No call has arrived here before this returns. */
  registered(id: Id): void;
  /**
   * `wamp.error.procedure_already_exists`; `wamp.error.unavailable` if the outcome cannot be known; `wamp.error.canceled` if the
   * session has left meanwhile.
   */
  refused(error: WampError): void;
}

/** A call that the caller's router has matched, checked and assigned to one callee here. */
export interface RemoteCall {
  /** Counted by the caller's router for this callee, from 1. Later parts of a progressive call have the same number. */
  readonly request: Id;
  /** Whether nothing has arrived under this request before. */
  readonly isFirst: boolean;
  readonly callee: RealmSession;
  readonly registration: Id;
  /** The complete details for the callee. This router also uses `progress`, `receive_progress` and `timeout`. */
  readonly details: InvocationDetails;
  readonly payload: Payload;
}

/**
 * The reason why a call is returned before its callee has received it. `gone`: the session or its registration no longer exists, so
 * that the caller's router selects again, three times at most. `denied`: the callee's role may not have this URI, so that the next
 * match is tried. `full`: the callee reads too slowly.
 */
export type Returned = "gone" | "denied" | "full";

/** The sessions that must end on all nodes: all except one, or those of an identity if one is named. */
export interface EndingOfMany {
  /** The session that asked for it, which stays. */
  readonly except: Id;
  readonly reason: string;
  readonly message: string | undefined;
  /** Whether to publish no meta events and testaments, because nobody is left to receive them. */
  readonly silent: boolean;
}

/** A question to other nodes about one realm. */
export interface Question {
  /** The subject, such as `reflection.describe`. */
  readonly about: string;
  readonly given: Dict;
}

/** The answers to a question. */
export interface Answers<T> {
  /** One for each node that has answered. */
  readonly answers: readonly T[];
  /**
   * The nodes that have not answered within the time limit. A node that went down meanwhile is not among them: it has no more
   * answers.
   */
  readonly unanswered: readonly RouterId[];
}

/** A realm's interface to the other routers. Its methods throw nothing, except where stated. */
export interface RealmLink extends SubscriptionLink {
  /** Whether a call goes to another router only if no callee of this one can take it. */
  readonly prefersOwn: boolean;
  /**
   * Gives a session a share in a registration, and answers it. `LinkedRealm.applyRegistration` applies the share just before. The
   * session has no share yet, and has not asked for one.
   */
  register(request: RegistrationRequest, answer: RegistrationAnswer): void;
  /**
   * Announces that the router shuts down. The other routers send its sessions no more calls, and new registrations are refused
   * here. Sessions of this node may still call them. Resolves when the others know, and all their calls have arrived. Never
   * rejects.
   */
  retire(): Promise<void>;
  /** Removes a share: it is applied before this returns. Calls back when no node sends a call to it any more. */
  unregister(session: RealmSession, registration: RegistrationTerms, done: () => void): void;
  /**
   * A session of this node subscribes. Runs `add`, which throws nothing, when every live node sends the events here, or at once if
   * they already do. A suspect node is awaited for 1 s. `add` receives the creation time that the others know.
   */
  interested(request: SubscriptionRequest, session: RealmSession, add: (createdMs?: number) => void): void;
  /** Returns the number of a session's subscriptions that wait for other nodes. */
  awaitedBy(session: RealmSession): number;
  /**
   * Sends an event to each node with subscribers for it, in one frame each. `subscriptions` are the matching ones. The publisher is
   * slowed down if a pipe is full. Returns the number of nodes. Throws `wamp.error.invalid_argument` for a payload that cannot be
   * written; nothing has been sent then.
   */
  publish(publication: Publication, subscriptions: readonly Subscription[]): number;
  /** Returns the ID of an event that each node publishes to its own sessions. It is the same on all nodes. */
  publicationId(topic: Uri, args: readonly unknown[]): Id;
  /** A session of this node has joined. */
  joined(session: RealmSession): void;
  /** A session of this node has left: its shares are removed from the directory. The realm removes its local registrations. */
  left(session: RealmSession): void;
  /** A session of this node owes an answer and shows no sign of life, or shows one again. */
  frozen(session: RealmSession, isFrozen: boolean): void;
  /** A session of this node has added a testament. Resolves when every live node knows. Never rejects. */
  testament(session: RealmSession, scope: TestamentScope, testament: Testament): Promise<void>;
  /** A session of this node has withdrawn testaments. Resolves as `testament` does. */
  withdraw(session: RealmSession, testaments: readonly Testament[]): Promise<void>;
  /** Ends the sessions of all other nodes, except for one. The realm ends those of this node. */
  endAll(ending: EndingOfMany): void;
  /** Asks the other nodes to evaluate the permissions of their sessions again. */
  refresh(): void;
  /** Resolves when everything that the other nodes have sent so far has been processed here. Never rejects. */
  flush(): Promise<void>;
  /** Asks all other live nodes, or one of them. Resolves within 2 s. Rejects with the `WampError` that a node has answered. */
  ask<T>(question: Question, node?: RouterId): Promise<Answers<T>>;
}

/** A link's interface to the subscriptions of its realm. */
export interface LinkedSubscriptions
  extends Pick<Subscriptions, "book">,
    Pick<RemoteInterests, "add" | "forgetMembers" | "introduced" | "remove" | "routerGone" | "tell"> {}

/** A link's interface to its realm. Its methods throw nothing: exceptions inside are reported as faults. */
export interface LinkedRealm {
  readonly name: string;
  /** Sessions of this node and of the others, by ID. */
  readonly sessions: ReadonlyMap<Id, RealmSession>;
  /**
   * Updates a registration to this state, in the order of the directory. Each session among the callees must have been added by
   * `addRemote`, or have joined here.
   */
  applyRegistration(state: RegistrationState): void;
  /**
   * Gives a call of another router, or a later part of one, to its callee here. `caller` stands for that router: it receives RESULT
   * and ERROR under the call's `request`. Returns a reason if the call is refused; nothing has changed then.
   */
  invoke(caller: RealmSession, call: RemoteCall): Returned | undefined;
  /** The caller's router cancels a call: `kill` awaits the callee's answer, `killnowait` and `skip` do not. */
  giveUp(caller: RealmSession, cancel: m.Cancel): void;
  /** A callee of another router has answered. */
  answered(callee: RealmSession, answer: m.Yield | m.ErrorMessage): void;
  /** A callee's router returns a call, by INVOCATION.Request. */
  returned(callee: RealmSession, invocation: Id, why: Returned): void;
  /** The proxy of another router's calls has ended: it is removed from the dealer. */
  callerGone(caller: RealmSession): void;
  /** From now on, subscriptions can be given IDs. */
  opened(): void;
  /** The subscriptions of this node and the other nodes. */
  readonly subscriptions: LinkedSubscriptions;
  /** Delivers an event of another router to the subscribers here. It has no publisher session here. */
  deliver(publication: Publication): void;
  /** A session has joined on another node. */
  addRemote(session: RealmSession): void;
  /**
   * A session has left on another node, or its node is down. Removes everything that it held here. Calls above the request
   * `reached` have not arrived there, and may go to others. `undefined` if that is unknown.
   */
  removeRemote(session: RealmSession, reached: Id | undefined): void;
  /** Skips a callee from now on, or no longer. */
  freeze(session: RealmSession, isFrozen: boolean): void;
  /**
   * Removes a session of this node from a registration that it has lost, and informs it. A session that cannot be informed is
   * ended.
   */
  revoke(session: RealmSession, registration: Id, reason: string): void;
  /** Publishes the testaments of sessions of another node. No other node does. */
  bequeath(testaments: readonly Testament[]): void;
  /**
   * A session of another node has left because its node is down. Each node informs its own sessions, with the same event for each
   * `life` of the node.
   */
  departed(session: RealmSession, life: number): void;
  /**
   * A session of another node has returned after it was reported as left, or has joined while its node was cut off. Each node
   * informs its own sessions, with the same event for each `life` of the node.
   */
  rejoined(session: RealmSession, life: number): void;
  /** Ends sessions of this node. */
  endAll(ending: EndingOfMany): void;
  /**
   * Returns the load of this node's sessions that counts against the realm's limits. `callers` stand for those of other nodes:
   * their calls, which count there, are `relayedCalls`.
   */
  load(callers: Iterable<RealmSession>): RealmLoad & { readonly relayedCalls: number };
  /** Sets the load at other nodes that counts against the realm's limits. */
  setElsewhere(load: RealmLoad): void;
  /** Evaluates the permissions of this node's sessions again. */
  refresh(): void;
  /** Answers a question of another node with a JSON value. Throws `WampError`. */
  answer(question: Question): unknown;
}

/** The services that a router gives to its cluster. All are passed in, so that a simulated cluster is repeatable. */
export interface ClusterHost {
  readonly clock: Clock;
  /** Returns numbers in [0, 1). */
  readonly random: () => number;
  /** Runs a function in a later turn of the event loop. Its exceptions are reported as faults. */
  readonly defer: (run: () => void) => void;
  readonly flow: CallFlow;
  /**
   * Adds to the number of bytes queued for other routers, which counts against this router's memory limit. A negative number
   * subtracts.
   */
  readonly account: (change: number) => void;
  /** Creates a secret that nobody can guess. */
  readonly newSecret: () => string;
  /** The names of all realms, in order. */
  readonly realms: readonly string[];
  /** The settings that must be equal on all routers of a cluster that serve the realm, as JSON: realm → setting → value. */
  readonly settings: string;
  /** Reports a fault of the cluster: an unreadable frame, or a value that no node has written. */
  readonly report: (error: unknown) => void;
  /** Reports a change of the cluster to observers. */
  readonly changed: (router: RouterId, change: ClusterChange) => void;
  /** Stops accepting sessions and ends existing ones, or starts to accept them again. */
  readonly shut: (isShut: boolean) => void;
}

/** Another live router of the cluster, as this router sees it. */
export interface ClusterPeer {
  readonly node: RouterId;
  /** The number of times that it has joined. */
  readonly incarnation: number;
  /** Whether it shows no sign of life. */
  readonly suspect: boolean;
  /** The number of bytes that were sent to it and not acknowledged. */
  readonly unacknowledgedBytes: number;
}

/** The state of a router in its cluster. */
export interface ClusterStatus {
  readonly node: RouterId;
  /**
   * The number of times that it has joined. It grows each time that a router of this name starts, or returns after it was expelled.
   * 0 until it has joined.
   */
  readonly incarnation: number;
  /**
   * `joining` until it has joined. `isolated` while it cannot reach the others, or while it is expelled: it serves its own clients
   * or has ended their sessions, as the cluster's option `isolated` says. `left` when it has left, or could not join.
   */
  readonly state: "joining" | "joined" | "isolated" | "left";
  /** Whether it refuses sessions while it is isolated. */
  readonly closed: boolean;
  readonly peers: readonly ClusterPeer[];
  /**
   * The number of messages to other routers. Each carries everything that one turn of the event loop has for one router: at most
   * one for each publication.
   */
  readonly sent: number;
  /** The number of messages to other routers that were sent again. */
  readonly resent: number;
  /**
   * The number of messages on the cluster's subjects that no router has sent. They are ignored, and show that somebody else may
   * publish there.
   */
  readonly unreadable: number;
  /** The number of times that a subscription or a meta call did not wait for a router without a sign of life. */
  readonly barrierSkipped: number;
  /** The last revision of the directory that this router has seen. */
  readonly directoryRevision: number;
}

/** A router's place in a cluster. */
export interface ClusterMember {
  /** Links a realm. Called once for each, before `join`. */
  link(realm: LinkedRealm): RealmLink;
  /** Joins the cluster. Resolves when this node has the state of the others. Rejects with a reason. */
  join(): Promise<void>;
  /** Leaves the cluster, after all sessions of this router have ended. Resolves when the others know, or cannot be reached. */
  leave(): Promise<void>;
  status(): ClusterStatus;
  /**
   * Expels a live router, as if it showed no sign of life. Resolves with whether there was one of this name. A router that is still
   * running joins again by itself. Rejects if the directory cannot be reached.
   */
  expel(node: RouterId): Promise<boolean>;
}

/** A cluster that a router joins by its configuration. `natsCluster()` creates one. */
export interface Cluster {
  /** The kind of its engine, such as `nats`. */
  readonly kind: string;
}

/** The internal interface of a cluster. */
export interface JoinableCluster extends Cluster {
  member(host: ClusterHost): ClusterMember;
}
