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
import type { Publication } from "./publication.js";
import type { RealmSession } from "./realm-session.js";
import type { Callee, RegistrationRequest, RegistrationTerms } from "./registration.js";
import type { RemoteInterests } from "./remote-interests.js";
import type { Subscription } from "./subscription.js";
import type { SubscriptionRequest, Subscriptions } from "./subscriptions.js";
import type { Testament, TestamentScope } from "./testaments.js";

/**
 * The seam between a realm and the same realm on other routers. A realm alone has no link, and pays one look for each use. A linked one
 * holds the sessions of the other routers as `RealmSession`s like its own, so that most of it does not know the difference.
 */

/** A registration as all nodes have it. */
export interface RegistrationState extends RegistrationTerms {
  /** In the order in which they registered. Empty: there is no such registration any more. */
  readonly callees: readonly Callee[];
}

/** How a session that wants a share in a registration is answered: by one of these, once. */
export interface RegistrationAnswer {
  /** Every live node would send a call to it. No call has come here before this returns. */
  registered(id: Id): void;
  /**
   * `wamp.error.procedure_already_exists`; `wamp.error.unavailable` where nobody can know; `wamp.error.canceled` where the session has left
   * meanwhile.
   */
  refused(error: WampError): void;
}

/** A call that the caller's router has matched, checked and given to one callee here. */
export interface RemoteCall {
  /** Counted by the caller's router for this callee, from 1 upwards. Another part of a progressive call has the same again. */
  readonly request: Id;
  /** Whether nothing has come under this request before. */
  readonly isFirst: boolean;
  readonly callee: RealmSession;
  readonly registration: Id;
  /** What the callee is told, ready made: `progress`, `receive_progress` and `timeout` are what this router goes by, too. */
  readonly details: InvocationDetails;
  readonly payload: Payload;
}

/**
 * Why a call is given back before its callee has had it. `gone`: the session or its registration is not here any more, so that the caller's
 * router picks again, three times at most. `denied`: the callee's role may not have this URI, so that the next match is tried. `full`: the callee
 * reads too slowly.
 */
export type Returned = "gone" | "denied" | "full";

/** Which sessions are to end on all nodes; all of them but one, unless an identity is named. */
export interface EndingOfMany {
  /** Who has asked for it, and stays. */
  readonly except: Id;
  readonly reason: string;
  readonly message: string | undefined;
  /** Without meta events and testaments, since nobody is left to hear of them. */
  readonly silent: boolean;
}

/** What a node asks others of one realm. */
export interface Question {
  /** What it is about, such as `reflection.describe`. */
  readonly about: string;
  readonly given: Dict;
}

/** What came of a question. */
export interface Answers<T> {
  /** One for each node that has answered. */
  readonly answers: readonly T[];
  /** The nodes that have not, within the time limit. One that goes down meanwhile is not among them: it has nothing to say any more. */
  readonly unanswered: readonly RouterId[];
}

/** What a realm sees of the other routers. Its methods throw nothing, but for those that say so. */
export interface RealmLink extends SubscriptionLink {
  /** Whether a call goes to a callee of another router only where none of this one can be called. */
  readonly prefersOwn: boolean;
  /**
   * Gives a session a share in a registration, and answers it. The share is applied, by `LinkedRealm.applyRegistration`, just before. It has
   * none yet, and asks for none already.
   */
  register(request: RegistrationRequest, answer: RegistrationAnswer): void;
  /**
   * The router goes down: the other routers send its sessions no more calls, and nothing is registered here any more. Sessions of this node may
   * go on calling them. Resolves when the others know, and all their calls have come. Never rejects.
   */
  retire(): Promise<void>;
  /** Takes a share away: it is applied before this returns. Calls back when no node sends a call to it any more. */
  unregister(session: RealmSession, registration: RegistrationTerms, done: () => void): void;
  /**
   * A session of this node subscribes: runs `add`, which throws nothing, when every live node sends the events here, and at once where they do
   * already. A node that is suspect is awaited for 1 s. `add` is told when the subscription was made, as the others were told.
   */
  interested(request: SubscriptionRequest, session: RealmSession, add: (createdMs?: number) => void): void;
  /** How many subscriptions of a session wait for other nodes. */
  awaitedBy(session: RealmSession): number;
  /**
   * Sends an event to each node that has subscribers for it, in one frame each; `subscriptions` are those that match. The publisher is slowed
   * down where a pipe is full. Returns to how many nodes it was sent. Throws `wamp.error.invalid_argument` for a payload that cannot travel,
   * and has then sent nothing.
   */
  publish(publication: Publication, subscriptions: readonly Subscription[]): number;
  /** The ID of an event that each node publishes for its own sessions, the same on all. */
  publicationId(topic: Uri, args: readonly unknown[]): Id;
  /** A session of this node has joined. */
  joined(session: RealmSession): void;
  /** A session of this node has left: its shares are taken out of the directory. What it had registered here is undone by the realm. */
  left(session: RealmSession): void;
  /** A session of this node owes an answer and shows no sign of life, or shows one again. */
  frozen(session: RealmSession, isFrozen: boolean): void;
  /** A session of this node will leave something. Resolves when every live node knows. Never rejects. */
  testament(session: RealmSession, scope: TestamentScope, testament: Testament): Promise<void>;
  /** A session of this node will not leave these testaments any more. Resolves as `testament` does. */
  withdraw(session: RealmSession, testaments: readonly Testament[]): Promise<void>;
  /** Ends the sessions of all other nodes, but for one. Those of this node are ended by the realm. */
  endAll(ending: EndingOfMany): void;
  /** The other nodes resolve anew what their sessions may. */
  refresh(): void;
  /** Resolves when all that the other nodes have sent up to now is carried out here. Never rejects. */
  flush(): Promise<void>;
  /** Asks all live nodes but this one, or one of them. Resolves within 2 s. Rejects with the `WampError` with which one has answered. */
  ask<T>(question: Question, node?: RouterId): Promise<Answers<T>>;
}

/** What a link sees of the subscriptions of its realm. */
export interface LinkedSubscriptions
  extends Pick<Subscriptions, "book">,
    Pick<RemoteInterests, "add" | "forgetMembers" | "introduced" | "remove" | "routerGone" | "tell"> {}

/** What a link calls on its realm. Its methods throw nothing: what is thrown inside is told as a fault. */
export interface LinkedRealm {
  readonly name: string;
  /** Sessions of this node and of the others, by ID. */
  readonly sessions: ReadonlyMap<Id, RealmSession>;
  /**
   * Makes a registration what this says, in the order of the directory. A session among the callees that is not told any more must have been
   * told of, by `addRemote`, or have joined here.
   */
  applyRegistration(state: RegistrationState): void;
  /**
   * Gives a call of another router to its callee here, or another part of one. `caller` is what stands for that router: it is sent RESULT and
   * ERROR under the call's `request`. Returns why it is given back, and has then changed nothing.
   */
  invoke(caller: RealmSession, call: RemoteCall): Returned | undefined;
  /** The caller's router gives a call up: `kill` awaits the callee's answer, `killnowait` and `skip` do not. */
  giveUp(caller: RealmSession, cancel: m.Cancel): void;
  /** A callee of another router has answered. */
  answered(callee: RealmSession, answer: m.Yield | m.ErrorMessage): void;
  /** A callee's router gives a call back, by INVOCATION.Request. */
  returned(callee: RealmSession, invocation: Id, why: Returned): void;
  /** What stood for another router's calls is gone: it is undone in the dealer. */
  callerGone(caller: RealmSession): void;
  /** Subscriptions can be given IDs from now on. */
  opened(): void;
  /** What sessions of this node and the other nodes subscribe to. */
  readonly subscriptions: LinkedSubscriptions;
  /** Gives an event of another router to the subscribers here. It has no publisher, who is elsewhere. */
  deliver(publication: Publication): void;
  /** A session has joined on another node. */
  addRemote(session: RealmSession): void;
  /**
   * A session has left on another node, or its node is gone. All that it held here is undone. Calls above the request `reached` have not come to
   * it, and may go to others; `undefined` where nobody knows.
   */
  removeRemote(session: RealmSession, reached: Id | undefined): void;
  /** A callee is passed over from now on, or no longer. */
  freeze(session: RealmSession, isFrozen: boolean): void;
  /** Takes a session of this node out of a registration that it has lost, and tells it; one that cannot be told is ended. */
  revoke(session: RealmSession, registration: Id, reason: string): void;
  /** Publishes what sessions of another node have left. It is the only node that does. */
  bequeath(testaments: readonly Testament[]): void;
  /** A session of another node has left, since that is gone. Each node tells its own sessions, the same for each `life` of the node. */
  departed(session: RealmSession, life: number): void;
  /**
   * A session of another node is there again, of which was told that it has left; or it has joined while its node was cut off. Each node tells its own
   * sessions, the same for each `life` of the node.
   */
  rejoined(session: RealmSession, life: number): void;
  /** Ends sessions of this node. */
  endAll(ending: EndingOfMany): void;
  /**
   * What the sessions of this node hold of what the realm limits. `callers` stand for those of other nodes: their calls, which count there, are
   * `relayedCalls`.
   */
  load(callers: Iterable<RealmSession>): RealmLoad & { readonly relayedCalls: number };
  /** What counts against the limits of the realm at other nodes. */
  setElsewhere(load: RealmLoad): void;
  /** Resolves anew what the sessions of this node may. */
  refresh(): void;
  /** Answers what another node asks, with what JSON can say. Throws `WampError`. */
  answer(question: Question): unknown;
}

/** What a router gives to its cluster. All of it is handed in, so that a simulated cluster repeats itself. */
export interface ClusterHost {
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Runs a function in a later turn of the event loop; what it throws is told as a fault. */
  readonly defer: (run: () => void) => void;
  readonly flow: CallFlow;
  /** Counts bytes that wait for other routers, or do not any more where it is negative, in the bound on memory of this one. */
  readonly account: (change: number) => void;
  /** Makes a secret that nobody can guess. */
  readonly newSecret: () => string;
  /** The names of all realms, in order. */
  readonly realms: readonly string[];
  /** The settings on which all routers of a cluster must agree that serve the realm, as JSON: realm → setting → value. */
  readonly settings: string;
  /** Tells of a fault of the cluster, of a frame that cannot be read, or of a value that nobody has written. */
  readonly report: (error: unknown) => void;
  /** Takes no sessions, and ends those that are there, from now on; or takes sessions again. */
  readonly shut: (isShut: boolean) => void;
}

/** Another router of the cluster that is up, as this one sees it. */
export interface ClusterPeer {
  readonly node: RouterId;
  /** How often it has joined. */
  readonly incarnation: number;
  /** Whether it shows no sign of life. */
  readonly suspect: boolean;
  /** Bytes that were sent to it and that it has not acknowledged. */
  readonly unacknowledgedBytes: number;
}

/** How a router stands in its cluster. */
export interface ClusterStatus {
  readonly node: RouterId;
  /** How often it has joined: once more each time that it starts under its name, or was expelled and is back; 0 until it has. */
  readonly incarnation: number;
  /**
   * `joining` until it has joined. `isolated` while it cannot reach the others, or they have expelled it: it goes on with its own clients, or has
   * ended their sessions, as the cluster's option `isolated` says. `left` when it has left, or could not join.
   */
  readonly state: "joining" | "joined" | "isolated" | "left";
  /** Whether it takes no sessions while it is isolated. */
  readonly closed: boolean;
  readonly peers: readonly ClusterPeer[];
  /** Messages to other routers, each of which carries all that a turn of the event loop had for one of them: no more than one for each publication. */
  readonly sent: number;
  /** Messages to other routers that were sent again. */
  readonly resent: number;
  /** How often a subscription or a meta call did not wait for a router without a sign of life. */
  readonly barrierSkipped: number;
  /** The last revision of the directory that this router has seen. */
  readonly directoryRevision: number;
}

/** A router's place in a cluster. */
export interface ClusterMember {
  /** Links a realm: called once for each, before `join`. */
  link(realm: LinkedRealm): RealmLink;
  /** Resolves when this node has joined and knows what the others know. Rejects, in words, where that cannot be. */
  join(): Promise<void>;
  /** Leaves the cluster, once all sessions of this router have ended. Resolves when the others know, or cannot be told. */
  leave(): Promise<void>;
  status(): ClusterStatus;
  /**
   * Expels a router that is up, as if it showed no sign of life. Resolves with whether there was one of this name. One that lives joins again
   * by itself. Rejects where the directory cannot be reached.
   */
  expel(node: RouterId): Promise<boolean>;
}

/** A cluster that a router is configured to join, such as `natsCluster()` makes. */
export interface Cluster {
  /** What it stands on, such as `nats`. */
  readonly kind: string;
}

/** A cluster as a router sees it. */
export interface JoinableCluster extends Cluster {
  member(host: ClusterHost): ClusterMember;
}
