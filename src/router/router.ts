import { SYSTEM_CLOCK } from "../session/clock.js";
import type { SessionDetails } from "../session/details.js";
import { HandshakePace } from "../transport/handshake-pace.js";
import type { Listener, ListenerHost, Listening } from "../transport/listener.js";
import { createMemoryPair } from "../transport/memory.js";
import type { PeerInfo, Transport } from "../transport/transport.js";
import { UnsentTotal } from "../transport/unsent.js";
import { websocketListener } from "../transport/websocket/listener.js";
import type { WebSocketOptions } from "../transport/websocket/options.js";
import { cbor } from "../wire/serializers/cbor.js";
import { json } from "../wire/serializers/json.js";
import { msgpack } from "../wire/serializers/msgpack.js";
import { checkSettings, type SettingRules, text } from "../wire/settings.js";
import { isUri, KILLED } from "../wire/uris.js";
import { isLocalAddress, publicListeningRefusal } from "./access/development.js";
import { closedListeningRefusal, isClosedToClients } from "./access/named-roles.js";
import { Announcements } from "./announcements.js";
import type { Authenticator } from "./auth/authenticator.js";
import { type LocalIdentity, local } from "./auth/local.js";
import { LoginPace } from "./auth/login-pace.js";
import { publishOnChannel } from "./channels.js";
import { memberOf } from "./clustering.js";
import { changedRealm, checkConfig, type RealmChanges, type RealmConfig, type RouterConfig } from "./config.js";
import { ClientConnection, type ConnectionHost, GOING_DOWN } from "./connection.js";
import { Counters, type RealmTotals } from "./counters.js";
import { createRealm, createStore, type SharedParts } from "./create-realm.js";
import { Faults } from "./faults.js";
import { CallFlow } from "./flow/call-flow.js";
import { joinObservers, printFault, type RouterObserver } from "./observer.js";
import type { Realm } from "./realm.js";
import type { ClusterMember, ClusterStatus } from "./realm-link.js";
import { identityDetails, type RealmSession } from "./realm-session.js";
import type { RealmStats } from "./realm-stats.js";
import type { RouterSession } from "./session.js";
import { type CloseOptions, checkCloseOptions, Shutdown } from "./shutdown.js";
import type { GuardedStore, GuardedStoreStats } from "./store/guarded.js";

/** Routes calls and events between the sessions of its realms. */
export interface Router extends AsyncDisposable {
  /**
   * Listens for connections, with a listener such as `websocket({ port: 8080 })` or with the options of a WebSocket listener. May
   * be called more than once. Rejects with a reason if the port is in use.
   */
  listen(listener?: Listener | WebSocketOptions): Promise<Listening>;
  /** Accepts a connection that the application created. The router closes it. */
  accept(transport: Transport): void;
  /**
   * Returns the client end of an in-memory transport, for a peer in this process: `connect({ transport: router.attach(), realm })`.
   * The peer needs no authentication. It has the given `authid` and `authrole`; the defaults are a random ID and `trusted`.
   */
  attach(identity?: LocalIdentity): Transport;
  /** Returns the sessions of a realm. Throws `TypeError` for a realm that this router does not have. */
  sessions(realm: string): readonly SessionDetails[];
  /** Returns the current numbers of a realm, for monitoring. Throws `TypeError` for a realm that this router does not have. */
  stats(realm: string): RealmStats;
  /**
   * Returns the current numbers of a realm's event store, and whether it fails. Numbers that the store does not count are missing.
   * Throws `TypeError` for a realm that this router does not have.
   */
  storeStats(realm: string): GuardedStoreStats;
  /** Returns the current numbers of the whole router, and whether it accepts connections. */
  status(): RouterStatus;
  /** The names of its realms. */
  readonly realms: readonly string[];
  /** Returns the counters of a realm since the router was created. Throws `TypeError` for a realm that this router does not have. */
  totals(realm: string): RealmTotals;
  /**
   * Evaluates the permissions of a realm's sessions again, after a change of its roles or of its authorizer's decisions. Cached
   * decisions are discarded. Sessions lose subscriptions and registrations that they may no longer hold, by revocation. Resolves
   * when all sessions have been processed. Rejects with `TypeError` for a realm that this router does not have and for invalid
   * roles; nothing changes then.
   */
  refresh(realm: string): Promise<void>;
  /**
   * Replaces settings of a realm while its sessions stay connected: who may join (`auth`, `open`), and what sessions may do
   * (`roles`, `authorize`, `limits`, `disclosure`, `trustPayloads`, `trustLevel`). Settings that are not named stay as they are;
   * `undefined` restores the default. Existing sessions keep their role and are updated as by `refresh`. They keep what they hold
   * beyond a new limit. Rejects with `TypeError` for a realm that this router does not have and for invalid settings; nothing
   * changes then.
   */
  reconfigure(realm: string, changes: RealmChanges): Promise<void>;
  /**
   * Expels another router from the cluster, as if it showed no sign of life. Its registrations are removed, and its sessions count
   * as disconnected. A router that is still running joins again by itself. Resolves with whether there was one of this name.
   * Rejects if this router has no cluster or cannot reach it.
   */
  expel(node: string): Promise<boolean>;
  /** Ends a session with GOODBYE. Default reason `wamp.close.killed`. Returns `false` if the realm has no such session. */
  endSession(realm: string, session: number, reason?: string): boolean;
  /**
   * Closes in order. New connections are refused with 503. Other routers of the cluster are asked to send no more calls, within
   * `drainMs`. New calls are refused with `wamp.error.unavailable`. Calls in progress have the rest of `drainMs` to be answered.
   * Then all sessions receive GOODBYE `wamp.close.system_shutdown`, after which wampact peers reconnect. Resolves when all are
   * disconnected.
   */
  close(options?: CloseOptions): Promise<void>;
}

/**
 * Creates a router. It does not listen yet: call `listen`, or `attach` peers in this process. Throws `TypeError` for an invalid
 * configuration, including an unknown key.
 */
export function createRouter(config: RouterConfig): Router {
  checkConfig(config);
  return new RouterCore(config);
}

class RouterCore implements Router {
  readonly #realms = new Map<string, Realm<RouterSession>>();
  readonly #configs = new Map<string, RealmConfig>(); // realm → current configuration
  readonly #connections = new Set<ClientConnection>(); // one per transport, joined or not
  readonly #listening = new Set<Listening>();
  readonly #stores: GuardedStore[] = [];
  readonly #counters = new Counters();
  readonly #observe: RouterObserver;
  readonly #faults: Faults;
  readonly #host: ConnectionHost;
  readonly #pace: HandshakePace;
  readonly #listenerHost: ListenerHost;
  readonly #member: ClusterMember | undefined; // if it has a cluster
  readonly #joined: Promise<void> | undefined;
  #awaitsJoin = false; // `listen` reports the reason if it fails
  #draining = false;
  #shut = false; // cut off from its cluster, and therefore accepts nobody
  #shutdown: Shutdown | undefined; // once it is closed
  #closed: Promise<void> | undefined;

  constructor(config: RouterConfig) {
    const observers = [
      publishOnChannel,
      this.#counters.observe,
      config.meter?.observe ?? [],
      config.observer ?? [],
    ].flat();
    this.#observe = joinObservers(observers, config.onError ?? printFault);
    this.#faults = new Faults(this.#observe);
    const unsent = new UnsentTotal(config.maxTotalUnsentBytes);
    const flow = new CallFlow(unsent.work);
    const clock = this.#faults.guardClock(config.clock ?? SYSTEM_CLOCK);
    const shut = (isShut: boolean) => this.#setShut(isShut);
    this.#member = memberOf(config, { clock, flow, unsent, faults: this.#faults, observe: this.#observe, shut });
    try {
      const parts = {
        clock,
        flow,
        meter: config.meter,
        member: this.#member,
        observe: this.#observe,
        faults: this.#faults,
      };
      for (const realm of config.realms) this.#addRealm(realm, parts);
    } catch (error) {
      for (const store of this.#stores) this.#faults.guard(() => store.close());
      throw error;
    }
    this.#joined = this.#member?.join();
    this.#joined?.catch((error: unknown) => {
      if (!this.#awaitsJoin) this.#faults.tell(error);
    });
    const handshakeTimeoutMs = config.handshakeTimeoutMs ?? 10_000;
    const refused = (info: PeerInfo, why: string, reason = "listener") =>
      this.#observe({ type: "refused", info, reason, why });
    this.#host = {
      agent: config.agent ?? "wampact",
      clock,
      handshakeTimeoutMs,
      pace: new LoginPace(clock, config.failedLogins),
      unfinished: unsent.unfinished,
      announcements: new Announcements(),
      faults: this.#faults,
      findRealm: (name) => this.#realms.get(name),
      meter: config.meter,
      observe: this.#observe,
      sessionFlow: (transport) => flow.sessionFlow(transport),
      ended: (connection) => this.#ended(connection),
    };
    this.#pace = new HandshakePace(config.maxHandshakesPerSecond ?? 200);
    const refusal = () => this.#refusal;
    this.#listenerHost = {
      serializers: config.serializers ?? [json(), msgpack(), cbor()],
      unsent,
      handshakeTimeoutMs,
      get refusal() {
        return refusal();
      },
      admit: (answer) => this.#pace.admit(answer),
      addressRefusal: (address) => this.#addressRefusal(address),
      accept: (transport) => this.accept(transport),
      refused,
      report: (error) => void this.#faults.tell(error),
    };
  }

  async listen(listener: Listener | WebSocketOptions = {}): Promise<Listening> {
    this.#checkOpen();
    this.#awaitsJoin = true;
    await this.#joined;
    const realms = [...this.#configs.values()];
    if (realms[0] && realms.every(isClosedToClients)) throw new TypeError(closedListeningRefusal(realms[0].name));
    const listening = await (isListener(listener) ? listener : websocketListener(listener, "listen")).listen(
      this.#listenerHost,
    );
    if (typeof listening?.close !== "function" || typeof listening.url !== "string")
      throw new TypeError("listen: the listener returned no Listening, an object with url, port and close");
    this.#listening.add(listening);
    this.#observe({ type: "listening", url: listening.url });
    const { url, port, replaceTls } = listening;
    const close = async () => {
      this.#listening.delete(listening);
      await listening.close();
    };
    if (this.#closed) await close(); // the router was closed meanwhile
    return { url, port, close, ...(replaceTls && { replaceTls: (tls) => replaceTls.call(listening, tls) }) };
  }

  accept(transport: Transport): void {
    this.#accept(transport);
  }

  attach(identity: LocalIdentity = {}): Transport {
    checkSettings(identity, LOCAL_IDENTITY_RULES, "attach");
    this.#checkOpen();
    const [ours, theirs] = createMemoryPair();
    this.#accept(ours, local(identity));
    return theirs;
  }

  sessions(realm: string): readonly SessionDetails[] {
    return [...this.#requireRealm(realm).sessions.values()].map((session) => detailsOf(session, realm));
  }

  stats(realm: string): RealmStats {
    return this.#requireRealm(realm).stats;
  }

  storeStats(realm: string): GuardedStoreStats {
    return this.#requireRealm(realm).storeStats;
  }

  get realms(): readonly string[] {
    return [...this.#realms.keys()];
  }

  status(): RouterStatus {
    return {
      listening: this.#listening.size,
      draining: this.#draining,
      connections: this.#connections.size,
      waitingHandshakes: this.#pace.waiting,
      unsentBytes: this.#listenerHost.unsent.bytes,
      unfinishedBytes: this.#listenerHost.unsent.unfinished.bytes,
      ...(this.#member && { cluster: this.#member.status() }),
    };
  }

  async expel(node: string): Promise<boolean> {
    if (!this.#member) throw new TypeError("expel: this router is in no cluster");
    return this.#member.expel(node);
  }

  totals(realm: string): RealmTotals {
    return this.#counters.totals(this.#requireRealm(realm).name);
  }

  async refresh(realm: string): Promise<void> {
    await this.#requireRealm(realm).refresh();
  }

  async reconfigure(realm: string, changes: RealmChanges): Promise<void> {
    const found = this.#requireRealm(realm);
    const config = changedRealm(this.#configs.get(realm) as RealmConfig, changes); // there is one for each realm
    found.adopt(config);
    this.#configs.set(realm, config);
    await found.regrant();
  }

  endSession(realm: string, id: number, reason: string = KILLED): boolean {
    if (typeof reason !== "string" || !isUri(reason)) {
      throw new TypeError(`reason: expected a URI such as ${KILLED}, got ${JSON.stringify(reason)}`);
    }
    const session = this.#requireRealm(realm).sessions.get(id);
    session?.goodbye(reason);
    return session !== undefined;
  }

  close(options: CloseOptions = {}): Promise<void> {
    checkCloseOptions(options);
    if (this.#closed) return this.#closed;
    let begin = () => {};
    this.#closed = new Promise<void>((resolve) => {
      begin = () => resolve(this.#shutDown(options));
    });
    begin(); // now, because an observer of the shutdown may close the router, too
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #shutDown(options: CloseOptions): Promise<void> {
    this.#draining = true;
    this.#observe({ type: "draining" });
    this.#pace.flush(); // waiting handshakes are refused
    this.#shutdown = new Shutdown({
      clock: this.#host.clock,
      faults: this.#faults,
      realms: [...this.#realms.values()],
      connections: this.#connections,
      listening: this.#listening,
      leaveCluster: this.#member && (() => this.#leaveCluster()),
    });
    return this.#shutdown.run(options).finally(() => {
      for (const store of this.#stores) this.#faults.guard(() => store.close());
      this.#observe({ type: "closed" });
    });
  }

  /** Leaves the cluster if this router has joined it. */
  async #leaveCluster(): Promise<void> {
    const isIn = await this.#joined?.then(
      () => true,
      () => false, // its error was reported when it failed
    );
    if (isIn) await this.#member?.leave();
  }

  #accept(transport: Transport, authenticator?: Authenticator): void {
    checkTransport(transport);
    const refusal = this.#refusal;
    if (refusal !== undefined) return transport.close(1001, refusal);
    const connection = new ClientConnection(transport, this.#host, authenticator);
    this.#connections.add(connection);
    try {
      transport.open(connection);
    } catch (error) {
      connection.closed("the transport could not be opened");
      throw error;
    }
  }

  /** Why it accepts no connections now; `undefined` if it does. */
  get #refusal(): string | undefined {
    if (this.#draining) return GOING_DOWN;
    return this.#shut ? CUT_OFF : undefined;
  }

  #setShut(isShut: boolean): void {
    this.#shut = isShut;
    if (!isShut) return;
    for (const connection of this.#connections) this.#faults.guard(() => connection.shutdown(undefined, CUT_OFF));
  }

  /** Returns why an address cannot be used: if all realms accept only clients on this machine, other addresses are useless. */
  #addressRefusal(address: string): string | undefined {
    if (isLocalAddress(address) || ![...this.#realms.values()].every((realm) => realm.isForDevelopment))
      return undefined;
    return publicListeningRefusal(address);
  }

  #ended(connection: ClientConnection): void {
    this.#connections.delete(connection);
    this.#shutdown?.disconnected();
  }

  #addRealm(config: RealmConfig, parts: SharedParts): void {
    const store = createStore(config, parts);
    this.#stores.push(store);
    this.#realms.set(config.name, createRealm(config, store, parts));
    this.#configs.set(config.name, config);
  }

  #requireRealm(name: string): Realm<RouterSession> {
    const realm = this.#realms.get(name);
    if (realm) return realm;
    throw new TypeError(`this router has no realm "${name}"; it has ${[...this.#realms.keys()].join(", ")}`);
  }

  #checkOpen(): void {
    if (this.#closed) throw new TypeError("this router is closed; create another one");
  }
}

/** The current numbers of a whole router. */
export interface RouterStatus {
  /** The number of listeners. */
  readonly listening: number;
  /** Whether it is shutting down or has shut down. */
  readonly draining: boolean;
  /** The number of connections, including those without a session and peers in this process. */
  readonly connections: number;
  /** The number of handshakes that wait for their turn. */
  readonly waitingHandshakes: number;
  /** The number of bytes queued for connections that read slowly. An event that is queued for several counts once. */
  readonly unsentBytes: number;
  /** The memory of messages and HTTP requests that have arrived in part or wait for their answer, in bytes. Small ones do not count. */
  readonly unfinishedBytes: number;
  /** Its state in its cluster. Missing if it has none. */
  readonly cluster?: ClusterStatus;
}

/** The reason why a router that is isolated ends the sessions of its clients and accepts none. */
const CUT_OFF = "the router is cut off from its cluster";

const LOCAL_IDENTITY_RULES: SettingRules<LocalIdentity> = { authid: text, authrole: text };

/** Checks a transport before it is used. Throws `TypeError` for anything else. */
function checkTransport(transport: Transport): void {
  const methods = ["open", "send", "close", "onceDrained"] as const;
  const isTransport =
    typeof transport === "object" &&
    transport !== null &&
    methods.every((method) => typeof transport[method] === "function") &&
    typeof transport.info?.kind === "string";
  if (!isTransport) throw new TypeError(`accept: expected a transport, an object with info, ${methods.join(", ")}`);
}

function isListener(value: Listener | WebSocketOptions): value is Listener {
  return typeof value === "object" && value !== null && "listen" in value && typeof value.listen === "function";
}

function detailsOf(session: RealmSession, realm: string): SessionDetails {
  const { authprovider, ...who } = identityDetails(session);
  return { id: session.id, realm, ...who, details: { authprovider, transport: session.transportKind } };
}
