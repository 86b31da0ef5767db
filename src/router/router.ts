import type { Server } from "node:http";
import type { Contract } from "../contract/contract.js";
import { type Clock, SYSTEM_CLOCK } from "../session/clock.js";
import type { SessionDetails } from "../session/details.js";
import { createMemoryPair } from "../transport/memory.js";
import type { Transport } from "../transport/transport.js";
import { listenWebSocket, type WebSocketListener } from "../transport/websocket/listener.js";
import type { Serializer } from "../wire/serializer.js";
import { cbor } from "../wire/serializers/cbor.js";
import { json } from "../wire/serializers/json.js";
import { msgpack } from "../wire/serializers/msgpack.js";
import { checkPositive } from "../wire/settings.js";
import { isUri, KILLED, type MatchPolicy } from "../wire/uris.js";
import type { DisclosingAction, Disclosure, DisclosurePolicy } from "./disclosure.js";
import { enforce } from "./enforcement.js";
import { Realm, type RealmParts, type RealmStats } from "./realm.js";
import type { RealmSession } from "./realm-session.js";
import { RouterSession, type SessionHost } from "./session.js";
import { GuardedStore } from "./store/guarded.js";
import { memoryStore } from "./store/memory.js";
import type { EventStore } from "./store/store.js";

/** A realm: a namespace of its own, whose sessions never meet those of another. */
export interface RealmConfig {
  /** The realm's URI, such as `com.app`. */
  readonly name: string;
  /** URIs hold only `0-9`, `a-z` and `_` between their dots. Default false: anything but blanks and `#`. */
  readonly strictUris?: boolean;
  /** A client's request IDs must count 1, 2, 3 …; a gap ends its session. Default false, since old clients draw them at random. */
  readonly strictRequestIds?: boolean;
  /**
   * Contracts that every CALL, RESULT and PUBLISH of their URIs is held to, whoever sent it. What does not fit is refused with
   * `wamp.error.invalid_argument` where it is the caller's or the publisher's fault, `wampact.error.invalid_output` where it is
   * the callee's. Payloads passed through (`ppt_scheme`) cannot be read and are not checked. Default none.
   */
  readonly enforce?: readonly Contract[];
  /**
   * Whether callees and subscribers are told who calls or publishes. `requested`, the default: where the caller, the publisher
   * or the callee asks for it. `never`: `disclose_me` is refused with `wamp.error.option_disallowed.disclose_me`, and a callee's
   * `disclose_caller` with `wamp.error.option_not_allowed`. `always`: whoever asks or not. A function decides by who acts, and
   * on what. Spec: Advanced Profile, "Caller Identification" and "Publisher Identification".
   */
  readonly disclosure?: Disclosure | ((who: Party, uri: string, action: DisclosingAction) => Disclosure);
  /** Topics and patterns whose events are kept for `wamp.subscription.get_events`. Default none. */
  readonly history?: readonly HistoryOptions[];
  /** How long a retained event is given to new subscribers, in milliseconds. Default 0, for ever. */
  readonly retainMs?: number;
  /**
   * Where retained events and histories are kept, or what makes that for a realm, such as `lmdbStore()` of `wampact/lmdb`, which
   * outlives the router. Default: `memoryStore()`. The router closes it.
   */
  readonly store?: EventStore | ((realm: string) => EventStore);
  /**
   * Passes payloads on as they come, without verifying that they are well formed: of all sessions, or of those that the function
   * names, such as `({ authrole }) => authrole === "backend"`. It saves half a nanosecond for each byte of a long text in JSON,
   * two for each byte of small values. What a trusted peer spoils breaks the parsers of those that receive it. Default false.
   */
  readonly trustPayloads?: boolean | ((who: Party) => boolean);
  /**
   * The trust level that callees and subscribers are told, from 0 upwards; `undefined` tells none. Default: none.
   * Spec: Advanced Profile, "Call Trust Levels" and "Publication Trust Levels".
   */
  readonly trustLevel?: (who: Party, uri: string, action: "call" | "publish") => number | undefined;
}

/** A session as a realm's policies see it. */
export interface Party {
  readonly session: number;
  readonly authid: string;
  readonly authrole: string;
}

/** A topic or pattern whose events are kept. Its subscription stands without subscribers, too. */
export interface HistoryOptions {
  readonly topic: string;
  /** Default `exact`. */
  readonly match?: MatchPolicy;
  /** Events kept; the oldest beyond it are dropped. Default 1,000. */
  readonly limit?: number;
}

export interface RouterConfig {
  readonly realms: readonly RealmConfig[];
  /** What connections may speak, in order of preference. Default JSON, MessagePack and CBOR. */
  readonly serializers?: readonly Serializer[];
  /** What WELCOME names as the router's software. Default `wampact`. */
  readonly agent?: string;
  /** Longest time a connection may take to say HELLO, or to answer GOODBYE, in milliseconds. Default 10,000. */
  readonly handshakeTimeoutMs?: number;
  /** What time limits are measured with: for tests, which may stand still. Default: the system's. */
  readonly clock?: Clock;
  /** Told of faults of the router itself, never of a client's. Default: printed on standard error. */
  readonly onError?: (error: unknown) => void;
}

export interface ListenOptions {
  /** Default `127.0.0.1`: this machine only. `0.0.0.0` or `::` for all of its addresses. */
  readonly host?: string;
  /** Default 0: any free port, told by the result. */
  readonly port?: number;
  /** Default `/ws`. */
  readonly path?: string;
  /** An `http.Server` or `https.Server` of yours to attach to, listening already or later; `host`, `port` and `tls` are then its own. */
  readonly server?: unknown;
  /** Options of `https.createServer`, such as `key` and `cert`; the URL becomes `wss:`. */
  readonly tls?: unknown;
  /** Largest message accepted, in bytes; a larger one ends its session. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /**
   * Unsent bytes beyond which a connection that does not read is cut. A caller is not read on while a quarter of it waits for its callee,
   * or waits and is to come for itself. Default 64 MiB.
   */
  readonly maxUnsentBytes?: number;
  /** How often a connection is pinged, in milliseconds; one that stays silent from one ping to the next is cut. Default 30,000. */
  readonly pingIntervalMs?: number;
  /** Whether connections may compress. Default false: it costs much more CPU than it saves on small messages. */
  readonly perMessageDeflate?: boolean;
}

/** A listening address of a router. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Takes no more connections here and ends those that came this way. */
  close(): Promise<void>;
}

/** Routes calls and events between the sessions of its realms. */
export interface Router extends AsyncDisposable {
  /** Listens for WebSocket connections. May be called more than once. Rejects, in words, when the port is taken. */
  listen(options?: ListenOptions): Promise<Listening>;
  /** The client end of an in-memory transport, for a peer in this process: `connect({ transport: router.attach(), realm })`. */
  attach(): Transport;
  /** Who is in a realm now. Throws `TypeError` for a realm this router does not have. */
  sessions(realm: string): readonly SessionDetails[];
  /** How much a realm holds now, for monitoring. Throws `TypeError` for a realm this router does not have. */
  stats(realm: string): RealmStats;
  /** Ends a session with GOODBYE. Default reason `wamp.close.killed`. False when the realm has no such session. */
  endSession(realm: string, session: number, reason?: string): boolean;
  /** Says GOODBYE `wamp.close.system_shutdown` to all, then waits for their answers, at most `drainMs`. Default 5,000. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/** Makes a router. It listens nowhere yet: call `listen`, or `attach` peers of this process. Throws `TypeError` for a config that cannot be. */
export function createRouter(config: RouterConfig): Router {
  return new RouterCore(config);
}

class RouterCore implements Router {
  readonly #realms = new Map<string, Realm<RouterSession>>();
  readonly #sessions = new Set<RouterSession>(); // one per transport, joined or not
  readonly #listeners = new Set<WebSocketListener>();
  readonly #stores: GuardedStore[] = [];
  readonly #serializers: readonly Serializer[];
  readonly #host: SessionHost;
  readonly #clock: Clock;
  #closed: Promise<void> | undefined;
  #drained: (() => void) | undefined;
  #stopDraining: () => void = () => {};

  constructor(config: RouterConfig) {
    checkRealms(config.realms);
    checkPositive({ handshakeTimeoutMs: config.handshakeTimeoutMs });
    this.#clock = config.clock ?? SYSTEM_CLOCK;
    const surroundings = { clock: this.#clock, random: Math.random };
    const report = config.onError ?? ((error: unknown) => console.error(error));
    for (const realm of config.realms) {
      const unguarded = typeof realm.store === "function" ? realm.store(realm.name) : (realm.store ?? memoryStore());
      const store = new GuardedStore(unguarded, { realm: realm.name, clock: this.#clock, report });
      this.#stores.push(store);
      this.#realms.set(realm.name, new Realm(realm.name, partsOf(realm, { ...surroundings, store })));
    }
    this.#serializers = config.serializers ?? [json(), msgpack(), cbor()];
    if (this.#serializers.length === 0) throw new TypeError("serializers: expected at least one, such as json()");
    this.#host = {
      ...surroundings,
      agent: config.agent ?? "wampact",
      handshakeTimeoutMs: config.handshakeTimeoutMs ?? 10_000,
      findRealm: (name) => this.#realms.get(name),
      report,
      ended: (session) => this.#ended(session),
    };
  }

  async listen(options: ListenOptions = {}): Promise<Listening> {
    this.#checkOpen();
    const { maxMessageBytes, maxUnsentBytes, pingIntervalMs } = options;
    checkPositive({ maxMessageBytes, maxUnsentBytes, pingIntervalMs });
    const listener = await listenWebSocket({
      host: options.host ?? "127.0.0.1",
      port: options.port ?? 0,
      path: options.path ?? "/ws",
      ...(options.server !== undefined && { server: options.server as Server }),
      ...(options.tls !== undefined && { tls: options.tls as Readonly<Record<string, unknown>> }),
      serializers: this.#serializers,
      maxMessageBytes: options.maxMessageBytes ?? 16 * 1024 * 1024,
      maxUnsentBytes: options.maxUnsentBytes ?? 64 * 1024 * 1024,
      pingIntervalMs: options.pingIntervalMs ?? 30_000,
      perMessageDeflate: options.perMessageDeflate ?? false,
      accept: (transport) => this.#accept(transport),
    });
    this.#listeners.add(listener);
    const close = async () => {
      this.#listeners.delete(listener);
      await listener.close();
    };
    return { url: listener.url, port: listener.port, close };
  }

  attach(): Transport {
    this.#checkOpen();
    const [ours, theirs] = createMemoryPair();
    this.#accept(ours);
    return theirs;
  }

  sessions(realm: string): readonly SessionDetails[] {
    return [...this.#requireRealm(realm).sessions.values()].map((session) => detailsOf(session, realm));
  }

  stats(realm: string): RealmStats {
    return this.#requireRealm(realm).stats;
  }

  endSession(realm: string, id: number, reason: string = KILLED): boolean {
    if (!isUri(reason)) throw new TypeError(`reason: expected a URI such as ${KILLED}, got "${reason}"`);
    const session = this.#requireRealm(realm).sessions.get(id);
    session?.goodbye(reason);
    return session !== undefined;
  }

  close({ drainMs = 5_000 }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#drain(drainMs);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #drain(drainMs: number): Promise<void> {
    for (const session of this.#sessions) session.shutdown();
    if (this.#sessions.size > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
        this.#stopDraining = this.#clock.after(drainMs, resolve);
      });
      this.#stopDraining();
    }
    for (const session of this.#sessions) session.close();
    await Promise.all([...this.#listeners].map((listener) => listener.close()));
    this.#listeners.clear();
    for (const store of this.#stores) store.close();
  }

  #accept(transport: Transport): void {
    if (this.#closed) return transport.close(1001, "the router is going down");
    const session = new RouterSession(transport, this.#host);
    this.#sessions.add(session);
    transport.open(session);
  }

  #ended(session: RouterSession): void {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#drained?.();
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

function partsOf(
  {
    strictUris = false,
    strictRequestIds = false,
    history = [],
    retainMs = 0,
    disclosure = "requested",
    trustPayloads = false,
    trustLevel,
    enforce: contracts,
  }: RealmConfig,
  { store, ...surroundings }: { readonly store: GuardedStore; readonly clock: Clock; readonly random: () => number },
): RealmParts {
  const trust = (action: "call" | "publish") => (session: RealmSession, uri: string) =>
    trustLevel?.(partyOf(session), uri, action);
  const discloses: DisclosurePolicy =
    typeof disclosure === "function"
      ? (session, uri, action) => disclosure(partyOf(session), uri, action)
      : () => disclosure;
  const enforcement = contracts && enforce(contracts);
  return {
    surroundings: { ...surroundings, strictUris },
    strictRequestIds,
    trustsPayloads: (session) =>
      typeof trustPayloads === "function" ? trustPayloads(partyOf(session)) : trustPayloads,
    broker: {
      store,
      history: history.map(({ topic, match = "exact", limit = 1_000 }) => ({ topic, match, limit })),
      retainMs,
      disclosure: discloses,
      trustLevel: trust("publish"),
      enforcement,
    },
    dealer: { disclosure: discloses, trustLevel: trust("call"), enforcement },
  };
}

function partyOf({ id, authid, authrole }: RealmSession): Party {
  return { session: id, authid, authrole };
}

function detailsOf(session: RouterSession, realm: string): SessionDetails {
  const { id, authid, authrole, authmethod, authprovider, transportKind } = session;
  return { id, realm, authid, authrole, authmethod, details: { authprovider, transport: transportKind } };
}

function checkRealms(realms: readonly RealmConfig[]): void {
  if (!Array.isArray(realms) || realms.length === 0) {
    throw new TypeError('realms: expected at least one, such as [{ name: "com.app" }]');
  }
  const names = new Set<string>();
  for (const [index, { name, retainMs = 0, history = [] }] of realms.entries()) {
    if (typeof name !== "string" || !isUri(name))
      throw new TypeError(`realms[${index}].name: expected a URI such as "com.app", got "${name}"`);
    if (!(retainMs >= 0)) throw new TypeError(`realms[${index}].retainMs: expected a number from 0, got ${retainMs}`);
    for (const { topic, match, limit } of history) {
      checkPositive({ [`realms[${index}].history.limit`]: limit });
      if (!isUri(topic, match))
        throw new TypeError(`realms[${index}].history: "${topic}" is no valid ${match ?? "exact"} topic`);
    }
    if (names.has(name)) throw new TypeError(`realms[${index}].name: "${name}" is there twice`);
    names.add(name);
  }
}
