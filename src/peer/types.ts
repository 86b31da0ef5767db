import type { Clock } from "../session/clock.js";
import type { SessionDetails } from "../session/details.js";
import type { ClientTransport } from "../transport/client-transport.js";
import type { Transport } from "../transport/transport.js";
import type { UpgradeHeaders } from "../transport/websocket/websocket.js";
import type { InvocationPolicy } from "../wire/messages.js";
import type { CancelMode, EventDetails, InvocationDetails, Passthru, ResultDetails } from "../wire/options.js";
import type { Arguments } from "../wire/payload.js";
import type { Serializer } from "../wire/serializer.js";
import type { MatchPolicy } from "../wire/uris.js";
import type { ClientAuth } from "./auth/client-auth.js";
import type { Call } from "./call.js";
import type { CallStack } from "./call-stack.js";
import type { CallReading } from "./deferred-call.js";
import type { Offline } from "./offline.js";
import type { PayloadScheme } from "./payload-schemes.js";

/** Options of `connect`. */
export interface ConnectOptions extends CallerOptions {
  /**
   * Schemes by which payloads are packed and unpacked that the router passes through unread, such as `endToEnd()` of
   * `wampact/encryption`. What arrives packed under any other scheme is given as its one binary argument, with the `ppt_` keys in
   * the details. Default none.
   */
  readonly passthru?: readonly PayloadScheme[];
}

/** Options of `connect` of `wampact/caller`. */
export interface CallerOptions {
  /**
   * One `ws:` or `wss:` URL, or several tried in turn. On Node also those of RawSocket: `rs://host:port`, `rss://host:port` with TLS, and
   * `unix:/path` of a Unix socket. Default: none; either this or `transport` is required.
   */
  readonly url?: string | readonly string[];
  /** Additional transports, each with its own URLs: `longPoll()` of `wampact/longpoll` takes `https:` URLs. Default: none. */
  readonly transports?: readonly ClientTransport[];
  /** Instead of a URL: a transport, such as `router.attach()`. It cannot be opened again, so a lost one closes the peer. Default: none. */
  readonly transport?: Transport;
  /** The realm to join, such as `com.app`. */
  readonly realm: string;
  /**
   * The methods offered to log in by, in order of preference, such as `[ticket({ authid, ticket })]` of `wampact/auth/ticket`. The router
   * picks one of them; a CHALLENGE or WELCOME by any other ends the connection. Default: none, which is anonymous.
   */
  readonly auth?: readonly ClientAuth[];
  /** In order of preference. Default `[json()]`; `msgpack()` and `cbor()` come from `wampact/msgpack` and `wampact/cbor`. */
  readonly serializers?: readonly Serializer[];
  /**
   * Whether all messages of one turn travel in one WebSocket frame, where the router takes them so. Default true: it is cheaper for
   * both ends, and browsers take several times as many messages.
   */
  readonly batches?: boolean;
  /**
   * HTTP headers of the WebSocket upgrade; a function is called at each attempt, such as for a token that is still valid. Node only:
   * browsers cannot send any. Default: none.
   */
  readonly headers?: UpgradeHeaders;
  /** TLS options of `wss:` and `rss:` URLs, as `https.request` takes them, such as `ca`: PEM text. Node only. Default: those of Node. */
  readonly tls?: Readonly<Record<string, unknown>>;
  /**
   * How a lost connection is made again. Default: for ever, with waits of a random length: at most 100 ms at first, then at most a third
   * of the time the outage has lasted, 30 s in all. `false`: never, a lost connection closes the peer. A session that the router ends
   * with `wamp.close.killed` closes the peer too.
   */
  readonly reconnect?: false | ReconnectOptions;
  /** Longest time one attempt may take until WELCOME, in milliseconds. Default 10,000. `reconnect` bounds all of them together. */
  readonly connectTimeoutMs?: number;
  /** Gives `connect` up while it tries: it rejects with `wamp.error.canceled`. It does nothing to a peer that is connected. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Silence after which the router is pinged, in milliseconds; as much again without any sign of life ends the connection. While an
   * answer is awaited 4 s of silence end it. `Infinity`: never.
   * Default 10,000; over RawSocket only for routers that are known to answer pings, which those of this library do. Node only: browsers
   * hide pings.
   */
  readonly pingIntervalMs?: number;
  /**
   * Silence after which the router is asked for a sign of life by a call of `wamp.session.count`, in milliseconds; 10 s without any end
   * the connection. Only while the page is visible, and only where such a call was answered before in the session. Default 45,000; 0
   * for never. Not on Node, which pings.
   */
  readonly heartbeatMs?: number;
  /**
   * Largest message accepted, in bytes, from 1 to 2^31 - 1; the router is told, and sends no larger one. Over RawSocket rounded down to a power
   * of two, from 512 to 2^24. Default 16 MiB. Node only.
   */
  readonly maxMessageBytes?: number;
  /** Whether calls and publications made without a connection wait for it or fail, where they do not say so themselves. Default `fail`. */
  readonly offline?: Offline;
  /**
   * Whether each call remembers where it was made, so that the stack of its failure leads there. It costs about 2.5 µs a call.
   * Default true, but for production (`NODE_ENV`). Not in browsers.
   */
  readonly callStacks?: boolean;
  /** The clock of time limits and waits, which tests replace. Default: the system's. */
  readonly clock?: Clock;
  /**
   * Told what no promise can tell: an exception in a handler, an attempt to connect that failed, a failed call nobody
   * looked at. Default: printed on standard error.
   */
  readonly onError?: (error: unknown) => void;
}

/** What happens to a request that is made without a connection. */
export interface OfflineOptions {
  /**
   * Whether it waits for the connection or fails. Default: as the client says, then as the peer says; else `fail`, but for calls of
   * idempotent procedures, which wait.
   */
  readonly offline?: Offline | undefined;
}

/** Waits between attempts to connect, and bounds of all attempts together. */
export interface ReconnectOptions {
  /** Longest wait after a connection was lost, in milliseconds; doubled for each session in a row that did not stand. Default 100. */
  readonly minMs?: number;
  /** Longest wait between two attempts, in milliseconds; bounds what a router asks for, too. Default 30,000. */
  readonly maxMs?: number;
  /** Attempts in a row before giving up. Default: no limit. */
  readonly attempts?: number;
  /** Longest time without a session before giving up, in milliseconds. Default: no limit. */
  readonly giveUpAfterMs?: number;
  /** A session that has stood this long makes the next waits short again, in milliseconds. Default 30,000. */
  readonly stableAfterMs?: number;
}

/** `connecting` until the first session stands, and again while one is restored; `waiting` before the next attempt. */
export type PeerState = "connecting" | "ready" | "waiting" | "left" | "closed";

/** A state that a peer has entered, and why, in words, where that is known. */
export interface StateChange {
  readonly state: PeerState;
  readonly reason: string | undefined;
}

/** A registration or subscription that the router has revoked, or has refused to restore: that one is tried again. */
export interface LostEntry {
  readonly kind: "registration" | "subscription";
  readonly uri: string;
  /** Says why, in words; `cause` is the router's error where it answered one. */
  readonly error: Error;
}

/**
 * A connection to a realm, as the application holds it. It outlives a session: after a reconnect, registrations and subscriptions are restored with
 * their options before `state` is `ready` again, but for those that the router refuses. What is asked of it while it is not `ready` fails at once with
 * `wampact.error.disconnected`, or waits as `offline` says.
 *
 * This is the peer of `wampact/caller`, and what typed clients need: it calls, publishes and subscribes.
 */
export interface CallerPeer extends AsyncDisposable {
  readonly state: PeerState;
  /** The session that stands, or `undefined`. */
  readonly session: SessionDetails | undefined;
  /**
   * Calls a procedure. Fails with the callee's `WampError`, or with `wamp.error.no_such_procedure`, `wamp.error.canceled`,
   * `wamp.error.timeout`, `wampact.error.disconnected` and others of the router's.
   */
  call(
    procedure: string,
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: UntypedCallOptions,
  ): Call<WampResult, WampResult>;
  /** Calls as `call` does, for layers above the peer: `mapping` makes the arguments and reads the outcome. */
  callMapped<Input, Result, Progress, Declared>(
    mapping: CallMapping<Input, Result, Progress>,
    call: CallRequest<Input>,
  ): Call<Result, Progress, Declared>;
  /** Hears events. Several handlers of one topic share one subscription; the last one out ends it. */
  subscribe(topic: string, handler: (event: WampEvent) => unknown, options?: SubscribeOptions): Promise<Subscription>;
  /**
   * Hears events in a loop, from its start on; leaving the loop unsubscribes.
   *
   * ```ts
   * for await (const event of peer.events("com.app.news", { signal })) console.log(event.args);
   * ```
   */
  events(topic: string, options?: EventsOptions & Pick<SubscribeOptions, "match">): AsyncIterable<QueuedEvent>;
  /**
   * Publishes an event. Without `acknowledge` it resolves when the event is on its way, and a refusal stays unknown. A failure that
   * nobody takes goes to `onError`; it is never an unhandled rejection.
   */
  publish(
    topic: string,
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: PublishOptions,
  ): Promise<PublishResult>;
  /**
   * Connects at once: a wait is cut short, and a session that stands is given up for another one. Nothing is done while the peer
   * connects. Throws `TypeError` where the peer has left or is closed, and over a transport that the application gave.
   */
  reconnect(): void;
  /**
   * The states of this peer in a loop: the one it is in, then every change, up to `closed`. At most 100 wait to be read; beyond
   * them the oldest are dropped.
   *
   * ```ts
   * for await (const { state, reason } of peer.states()) show(state, reason);
   * ```
   */
  states(): AsyncIterable<StateChange>;
  /** Hears every change of `state`, with the reason where there is one. Returns what ends the listening. */
  on(event: "state", listener: (state: PeerState, reason?: string) => void): () => void;
  /** Hears of registrations and subscriptions that are gone while the peer goes on; `onError` is told as well. */
  on(event: "lost", listener: (entry: LostEntry) => void): () => void;
  /** `ConnectOptions.clock`, for layers above the peer. */
  readonly clock: Clock;
  /** `ConnectOptions.callStacks`, for layers above the peer. */
  readonly callStacks: boolean;
  /** `ConnectOptions.onError`, for layers above the peer. */
  readonly onError: (error: unknown) => void;
  /**
   * Unregisters, waits for the handlers that run, says GOODBYE and closes the transport. Everything pending then fails with
   * `wampact.error.disconnected`. `drainMs` defaults to 5,000. Calling it again with a `drainMs` of 0 ends the wait.
   * A handler that awaits it waits for itself until the time is up.
   */
  close(options?: DrainOptions): Promise<void>;
}

/** A peer with every part, as `wampact` and `wampact/peer` connect it: it answers calls, too, and may change its realm. */
export interface Peer extends CallerPeer {
  /**
   * Answers calls. What the handler returns becomes `args[0]`; `result(args, kwargs)` gives both, nothing gives neither.
   * A thrown `WampError` reaches the caller whole; any other exception as `wamp.error.runtime_error` with a
   * `correlation_id` in its kwargs, while the exception goes to `onError` with the same ID.
   * Rejects with `wamp.error.procedure_already_exists`, `wamp.error.invalid_uri` and others of the router's.
   */
  register(
    procedure: string,
    handler: (invocation: Invocation) => unknown,
    options?: RegisterOptions,
  ): Promise<Registration>;
  /** Says GOODBYE and keeps the transport; registrations and subscriptions end. Then `join` another realm on it. */
  leave(): Promise<void>;
  join(realm: string): Promise<SessionDetails>;
}

/** Limits of the wait for an answer. */
export interface RequestOptions {
  /** Gives the request up; it then fails with `wamp.error.canceled`. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Longest time until the answer, in milliseconds; it then fails with `wamp.error.timeout`. Default 0, no limit. An integer from 0. */
  readonly timeoutMs?: number | undefined;
}

/** How long to wait for handlers that run. */
export interface DrainOptions {
  /**
   * Longest wait in milliseconds, 0 for none. What still runs then goes on; it is answered as long as its session stands.
   * Default 5,000; 0 for `unregister`.
   */
  readonly drainMs?: number;
}

/** Where in a trace a call or a publication is made; `tracing()` of `wampact/opentelemetry` sets it. Spec: W3C Trace Context. */
export interface TraceOptions {
  /** Trace ID, span ID and flags in 55 characters. Our router hands it on as `_traceparent` in the details; others may drop it. Default: none. */
  readonly traceparent?: string;
  /** What tracing systems add, at most 512 bytes of ASCII. It travels beside a valid `traceparent` only. Default: none. */
  readonly tracestate?: string;
}

export interface CallOptions extends RequestOptions, OfflineOptions, TraceOptions {
  /** The mode of the CANCEL that `signal`, `cancel()` and leaving a loop send. Default `killnowait`. With `kill` the call settles with the callee's answer. */
  readonly cancelMode?: CancelMode;
  /** Longest wait for that answer, in milliseconds. Default 5,000. An integer from 0. */
  readonly cancelTimeoutMs?: number;
  /** Asks the router to tell the callee who calls. Default false. */
  readonly disclose?: boolean;
}

export interface UntypedCallOptions extends CallOptions {
  /** Asks the callee for progress, which iterating over the call gives. Default false. */
  readonly receiveProgress?: boolean;
  /**
   * More arguments of the same call, sent one by one as they come: a progressive call invocation. A call that ends before
   * them ends the iteration; an exception in it cancels the call and is what the call fails with.
   * Fails with `wamp.error.feature_not_supported` where router or callee cannot. Default: none.
   */
  readonly chunks?: AsyncIterable<Chunk>;
  /** The packing of a payload that the router passes through unread. Default: as a scheme of `ConnectOptions.passthru` says. */
  readonly passthru?: Passthru;
  /** Calls the callee that this key belongs to, of those that share the registration. Spec: "Sharded Registration". Default: none. */
  readonly resourceKey?: string;
}

/** One part of a progressive call invocation. */
export interface Chunk {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
}

export interface RegisterOptions extends RequestOptions {
  /** How the URI matches the URIs that are called. Default `exact`. */
  readonly match?: MatchPolicy;
  /** Spreads calls over several callees. Default `single`: a second callee is refused. */
  readonly invoke?: InvocationPolicy;
  /** Asks the router to tell who calls. Default false. */
  readonly discloseCaller?: boolean;
  /**
   * This peer watches the time limits of calls, in place of the dealer: when one is up, `signal` is aborted and the caller gets
   * `wamp.error.timeout`. The handler then knows the limit, as `details.timeout` in milliseconds. Spec: "Call Timeouts". Default false.
   */
  readonly forwardTimeout?: boolean;
}

export interface SubscribeOptions extends RequestOptions {
  /** How the URI matches the topics of events. Default `exact`. */
  readonly match?: MatchPolicy;
  /** Asks for the retained event of each matching topic, first thing. Default false. */
  readonly getRetained?: boolean;
  /** Subscribers with node keys share events that have a resource key: each goes to one node. Spec: "Sharded Subscription". Default: none. */
  readonly nodeKey?: string;
}

/** Limits of an iteration over events. */
export interface EventsOptions {
  /** Ends the loop. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Gives the event that the broker has kept of each matching topic, first thing. Default false. */
  readonly getRetained?: boolean;
  /** Events kept while the loop is busy; beyond it the oldest are dropped and counted. Default 1,000. */
  readonly queue?: number;
}

export interface PublishOptions extends RequestOptions, OfflineOptions, TraceOptions {
  /** Waits for the broker's word that it took the event. Default false. */
  readonly acknowledge?: boolean;
  /** Whether the publisher itself does not get the event. Default true: the publisher does not get its own event. */
  readonly excludeMe?: boolean;
  /** IDs of sessions that do not get the event. Default: none. */
  readonly exclude?: readonly number[];
  /** Sessions with one of these `authid` do not get the event. Default: none. */
  readonly excludeAuthid?: readonly string[];
  /** Sessions with one of these roles do not get the event. Default: none. */
  readonly excludeAuthrole?: readonly string[];
  /** IDs of the only sessions that get the event; an empty list means nobody. Default: all sessions. */
  readonly eligible?: readonly number[];
  /** Only sessions with one of these `authid` get the event; an empty list means nobody. Default: all sessions. */
  readonly eligibleAuthid?: readonly string[];
  /** Only sessions with one of these roles get the event; an empty list means nobody. Default: all sessions. */
  readonly eligibleAuthrole?: readonly string[];
  /** Asks the router to tell subscribers who publishes. Default false. */
  readonly disclose?: boolean;
  /** Asks the broker to keep this as the topic's most recent event, for later subscribers that ask for it. Default false. */
  readonly retain?: boolean;
  /** The packing of a payload that the router passes through unread. Default: as a scheme of `ConnectOptions.passthru` says. */
  readonly passthru?: Passthru;
  /** Picks one node among subscribers with node keys. Default: none. */
  readonly resourceKey?: string;
}

/** The application's part of a message, and what the router says of it. */
export interface WampMessage<Details> {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** With the keys of the wire: those of the specification typed, any other as it came. */
  readonly details: Details & Readonly<Record<string, unknown>>;
}

/** The result of a call, or a part of it. */
export interface WampResult extends WampMessage<ResultDetails> {}

/** A part of a progressive call invocation. */
export interface WampChunk extends WampMessage<InvocationDetails> {}

/** A session that chose to be known, or was made so. */
export interface Identity {
  readonly session: number;
  readonly authid?: string;
  readonly authrole?: string;
}

/** A call to be answered. */
export interface Invocation extends WampMessage<InvocationDetails> {
  /** The procedure that was called; under a pattern, the concrete one. */
  readonly procedure: string;
  /** Aborted when the caller cancels, the time is up, or the session ends. Its reason is a `WampError`. */
  readonly signal: AbortSignal;
  readonly caller: Identity | undefined;
  /** Sends a value before the result; dropped where the caller did not ask for any. */
  progress(args?: readonly unknown[], kwargs?: Readonly<Record<string, unknown>>): void;
  /** Resolves when there is room for more progress: little of what was sent waits to leave this process, or the session is gone. */
  drained(): Promise<void>;
  /** The chunks that the caller sends after its input: a progressive call invocation. Ends at once where nothing more comes. */
  readonly chunks: AsyncIterable<WampChunk>;
}

export interface WampEvent extends WampMessage<EventDetails> {
  /** The topic published to; under a pattern, the concrete one. */
  readonly topic: string;
  readonly publication: number;
  readonly publisher?: Identity;
}

/** An event in a loop. */
export interface QueuedEvent extends WampEvent {
  /** How many events before this one were dropped because the loop was too slow. */
  readonly dropped: number;
}

/** The method of a peer that does not connect until it is started. */
export interface Startable {
  /**
   * Connects as `connect` does, and resolves when the session is established. Rejects as `connect` does, which closes the peer, and with
   * `wampact.error.disconnected` when the peer is closed. Further calls return the same promise.
   */
  start(): Promise<void>;
}

/** A peer that connects when it is started: `createPeer` of `wampact/peer` creates it. */
export interface StartablePeer extends Peer, Startable {}

/** A caller that connects when it is started: `createPeer` of `wampact/caller` creates it. */
export interface StartableCallerPeer extends CallerPeer, Startable {}

export interface PublishResult {
  /** There when the publication was acknowledged. */
  readonly publication: number | undefined;
}

export interface Registration extends AsyncDisposable {
  /** The registration's ID in the session that stands, or stood last. */
  readonly id: number;
  readonly procedure: string;
  /** Calls under way are still answered. `drainMs` defaults to 0: it does not wait for them. */
  unregister(options?: DrainOptions): Promise<void>;
}

export interface Subscription extends AsyncDisposable {
  /** The subscription's ID in the session that stands, or stood last. */
  readonly id: number;
  readonly topic: string;
  unsubscribe(): Promise<void>;
}

/** How the calls of one procedure are made and read: as they are for untyped calls, by its contract for typed ones. */
export interface CallMapping<Input, Result, Progress> extends CallReading<WampResult, Progress> {
  /** Whether a call is sent again when its connection is lost. */
  readonly idempotent: boolean;
  /** Throws `WampError`, which the call fails with, for what does not fit; nothing is sent then. */
  arguments(input: Input): Arguments | Promise<Arguments>;
  result(value: WampResult): Result | Promise<Result>;
  /** Makes of the `TypeError` for a value that cannot travel what the call fails with. Without it, the call throws the error. */
  unsent?(error: unknown): unknown;
}

/** A call to be made. */
export interface CallRequest<Input> {
  readonly procedure: string;
  readonly input: Input;
  readonly options: UntypedCallOptions;
  /** Where the call is made, for the stack of its failure. */
  readonly callStack?: CallStack | undefined;
}
