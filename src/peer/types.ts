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
   * Schemes that pack and unpack payloads which the router does not read, such as `endToEnd()` of `wampact/encryption`. A payload
   * that was packed with another scheme is received as its single binary argument, with the `ppt_` keys in the details. Default:
   * none.
   */
  readonly passthru?: readonly PayloadScheme[];
}

/** Options of `connect` of `wampact/caller`. */
export interface CallerOptions {
  /**
   * One `ws:` or `wss:` URL, or several that are tried in turn. On Node also RawSocket URLs: `rs://host:port`, `rss://host:port`
   * with TLS, and `unix:/path` for a Unix socket. Default: none; either this or `transport` is required.
   */
  readonly url?: string | readonly string[];
  /** Additional transports, each with its own URLs: `longPoll()` of `wampact/longpoll` takes `https:` URLs. Default: none. */
  readonly transports?: readonly ClientTransport[];
  /**
   * A transport instead of a URL, such as `router.attach()`. It cannot be reopened, so losing it closes the peer. Default: none.
   */
  readonly transport?: Transport;
  /** The realm to join, such as `com.app`. */
  readonly realm: string;
  /**
   * The offered authentication methods in order of preference, such as `[ticket({ authid, ticket })]` of `wampact/auth/ticket`.
   * The router picks one of them. A CHALLENGE or WELCOME by any other method ends the connection. Default: none, which is
   * anonymous.
   */
  readonly auth?: readonly ClientAuth[];
  /**
   * The serializers in order of preference. `msgpack()` and `cbor()` are in `wampact/msgpack` and `wampact/cbor`. Default:
   * `[json()]`.
   */
  readonly serializers?: readonly Serializer[];
  /**
   * Whether all messages of one turn are sent in one WebSocket frame, if the router supports it. This costs less at both ends,
   * and browsers can receive several times as many messages. Default: true.
   */
  readonly batches?: boolean;
  /**
   * HTTP headers of the WebSocket upgrade. A function is called at each attempt, for example to return a valid token. Node only,
   * because browsers cannot send them. Default: none.
   */
  readonly headers?: UpgradeHeaders;
  /**
   * TLS options of `wss:` and `rss:` URLs, as `https.request` takes them, such as `ca`: PEM text. Node only. Default: those of
   * Node.
   */
  readonly tls?: Readonly<Record<string, unknown>>;
  /**
   * How to restore a lost connection. `false` closes the peer instead. A session that the router ends with `wamp.close.killed`
   * also closes the peer. Default: it retries forever, with waits of a random length: at most 100 ms at first, then at most a
   * third of the duration of the outage, and at most 30 s.
   */
  readonly reconnect?: false | ReconnectOptions;
  /**
   * Longest duration of one attempt until WELCOME, in milliseconds. `reconnect` limits all attempts together. Default: 10,000.
   */
  readonly connectTimeoutMs?: number;
  /**
   * Cancels `connect` while it is connecting: it rejects with `wamp.error.canceled`. It has no effect on a connected peer.
   * Default: none.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Silence after which the router is pinged, in milliseconds. If nothing arrives within the same time again, the connection ends.
   * While an answer is pending, 4 s of silence end it. `Infinity`: never. Default: 10,000; over RawSocket only for routers that
   * are known to answer pings, which routers of this library do. Node only, because browsers hide pings.
   */
  readonly pingIntervalMs?: number;
  /**
   * Silence after which `wamp.session.count` is called to check whether the router is alive, in milliseconds; 0 for never. If
   * nothing arrives within 10 s, the connection ends. Only while the page is visible, and only if such a call was answered before
   * in the session. Not on Node, which uses pings. Default: 45,000.
   */
  readonly heartbeatMs?: number;
  /**
   * Maximum size of a received message, in bytes, from 1 to 2^31 - 1. The peer announces it, and the router sends no larger ones.
   * Over RawSocket rounded down to a power of two, from 512 to 2^24. Node only. Default: 16 MiB.
   */
  readonly maxMessageBytes?: number;
  /**
   * Whether calls and publications without a connection wait for it or fail, unless they set their own option. Default: `fail`.
   */
  readonly offline?: Offline;
  /**
   * Whether the stack of a failed call shows where it was called. This costs about 2.5 µs for each call. Not in browsers.
   * Default: true, except in production (`NODE_ENV`).
   */
  readonly callStacks?: boolean;
  /** The clock of time limits and waits, which tests replace. Default: the system's clock. */
  readonly clock?: Clock;
  /**
   * Receives errors that no promise reports: an exception in a handler, a failed attempt to connect, a failed call whose outcome
   * nothing consumes. Default: prints to standard error.
   */
  readonly onError?: (error: unknown) => void;
}

/** The behavior of a request without a connection. */
export interface OfflineOptions {
  /**
   * Whether it waits for the connection or fails. Default: the client's option, then the peer's; otherwise `fail`, except that
   * calls of idempotent procedures wait.
   */
  readonly offline?: Offline | undefined;
}

/** Waits between attempts to connect, and limits of all attempts together. */
export interface ReconnectOptions {
  /** Longest wait after a connection was lost, in milliseconds. It doubles for each short session in a row. Default: 100. */
  readonly minMs?: number;
  /** Longest wait between two attempts, in milliseconds. It also limits waits that a router requests. Default: 30,000. */
  readonly maxMs?: number;
  /** Attempts in a row before giving up. Default: no limit. */
  readonly attempts?: number;
  /** Longest time without a session before giving up, in milliseconds. Default: no limit. */
  readonly giveUpAfterMs?: number;
  /** Duration of a session after which the waits are short again, in milliseconds. Default: 30,000. */
  readonly stableAfterMs?: number;
}

/**
 * The state of a peer. `connecting`: a session is being established or restored. `ready`: it has a session. `waiting`: the next
 * attempt to connect comes later. `left`: it has left its realm with `leave()`. `closed`: it has ended for good.
 */
export type PeerState = "connecting" | "ready" | "waiting" | "left" | "closed";

/** A state that a peer has entered, and the reason, if it is known. */
export interface StateChange {
  readonly state: PeerState;
  readonly reason: string | undefined;
}

/** A registration or subscription that the router has revoked, or has refused to restore. A refused one is retried. */
export interface LostEntry {
  readonly kind: "registration" | "subscription";
  readonly uri: string;
  /** A description of the reason. `cause` is the router's error, if there was one. */
  readonly error: Error;
}

/**
 * A connection to a realm, as the application holds it. It outlives a session: after a reconnect, registrations and subscriptions
 * are restored with their options before `state` is `ready` again, except those that the router refuses. A request while it is
 * not `ready` fails at once with `wampact.error.disconnected`, or waits as `offline` specifies.
 *
 * This is the peer of `wampact/caller`, which typed clients need: it calls, publishes and subscribes.
 */
export interface CallerPeer extends AsyncDisposable {
  readonly state: PeerState;
  /** The established session, or `undefined`. */
  readonly session: SessionDetails | undefined;
  /**
   * Calls a procedure. Fails with the callee's `WampError`, or with `wamp.error.no_such_procedure`, `wamp.error.canceled`,
   * `wamp.error.timeout`, `wampact.error.disconnected` and other errors of the router.
   */
  call(
    procedure: string,
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: UntypedCallOptions,
  ): Call<WampResult, WampResult>;
  /** Calls like `call`, for layers above the peer: `mapping` creates the arguments and reads the outcome. */
  callMapped<Input, Result, Progress, Declared>(
    mapping: CallMapping<Input, Result, Progress>,
    call: CallRequest<Input>,
  ): Call<Result, Progress, Declared>;
  /** Subscribes a handler to events. Several handlers of one topic share one subscription. Removing the last one ends it. */
  subscribe(topic: string, handler: (event: WampEvent) => unknown, options?: SubscribeOptions): Promise<Subscription>;
  /**
   * Returns a loop over events from its start. Leaving the loop unsubscribes.
   *
   * ```ts
   * for await (const event of peer.events("com.app.news", { signal })) console.log(event.args);
   * ```
   */
  events(topic: string, options?: EventsOptions & Pick<SubscribeOptions, "match">): AsyncIterable<QueuedEvent>;
  /**
   * Publishes an event. Without `acknowledge` it resolves when the event has been sent, and a refusal is not reported. An
   * unhandled failure goes to `onError`; it is never an unhandled rejection.
   */
  publish(
    topic: string,
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: PublishOptions,
  ): Promise<PublishResult>;
  /**
   * Connects at once. It ends a wait, and replaces an established session. It does nothing while the peer connects. Throws
   * `TypeError` if the peer has left or is closed, or if the application gave the transport.
   */
  reconnect(): void;
  /**
   * Returns the states of this peer as a loop: the current one, then every change until `closed`. At most 100 unread states are kept. Beyond
   * that, the oldest are dropped.
   *
   * ```ts
   * for await (const { state, reason } of peer.states()) show(state, reason);
   * ```
   */
  states(): AsyncIterable<StateChange>;
  /**
   * Calls a listener on every change of `state`, with the reason if there is one. Returns a function that removes the listener.
   */
  on(event: "state", listener: (state: PeerState, reason?: string) => void): () => void;
  /**
   * Calls a listener when the router has revoked or refused a registration or subscription. `onError` receives the error as well.
   */
  on(event: "lost", listener: (entry: LostEntry) => void): () => void;
  /** `ConnectOptions.clock`, for layers above the peer. */
  readonly clock: Clock;
  /** `ConnectOptions.callStacks`, for layers above the peer. */
  readonly callStacks: boolean;
  /** `ConnectOptions.onError`, for layers above the peer. */
  readonly onError: (error: unknown) => void;
  /**
   * Unregisters, waits for running handlers, sends GOODBYE and closes the transport. Everything pending then fails with
   * `wampact.error.disconnected`. `drainMs` defaults to 5,000. A second call with a `drainMs` of 0 ends the wait. A handler that
   * awaits this waits for itself until the time is up.
   */
  close(options?: DrainOptions): Promise<void>;
}

/** A peer with all parts, as `wampact` and `wampact/peer` connect it. It also answers calls, and can change its realm. */
export interface Peer extends CallerPeer {
  /**
   * Registers a procedure. The handler's return value becomes `args[0]`; `result(args, kwargs)` sets both, and `undefined` sets
   * neither. A thrown `WampError` reaches the caller completely. Any other exception becomes `wamp.error.runtime_error` with a
   * `correlation_id` in its kwargs, and goes to `onError` with the same ID. Rejects with `wamp.error.procedure_already_exists`,
   * `wamp.error.invalid_uri` and other errors of the router.
   */
  register(
    procedure: string,
    handler: (invocation: Invocation) => unknown,
    options?: RegisterOptions,
  ): Promise<Registration>;
  /** Leaves the realm and keeps the transport. Registrations and subscriptions end. Then `join` another realm on it. */
  leave(): Promise<void>;
  /** Joins a realm on the transport that `leave` kept. Rejects with `TypeError` unless the peer has left its realm. */
  join(realm: string): Promise<SessionDetails>;
}

/** Limits of the wait for an answer. */
export interface RequestOptions {
  /** Cancels the request, which then fails with `wamp.error.canceled`. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Longest time until the answer, in milliseconds, after which the request fails with `wamp.error.timeout`. An integer from 0.
   * Default: 0, no limit.
   */
  readonly timeoutMs?: number | undefined;
}

/** The limit of the wait for running handlers. */
export interface DrainOptions {
  /**
   * Longest wait in milliseconds, 0 for none. Handlers that still run then continue, and are answered while the session is
   * established. Default: 5,000; 0 for `unregister`.
   */
  readonly drainMs?: number;
}

/** The trace of a call or a publication. `tracing()` of `wampact/opentelemetry` sets it. Spec: W3C Trace Context. */
export interface TraceOptions {
  /**
   * Trace ID, span ID and flags in 55 characters. Our router forwards it as `_traceparent` in the details; others may drop it.
   * Default: none.
   */
  readonly traceparent?: string;
  /** Additions of tracing systems, at most 512 bytes of ASCII. Sent only with a valid `traceparent`. Default: none. */
  readonly tracestate?: string;
}

export interface CallOptions extends RequestOptions, OfflineOptions, TraceOptions {
  /**
   * The mode of the CANCEL that `signal`, `cancel()` and leaving a loop send. With `kill` the call settles with the callee's
   * answer. Default: `killnowait`.
   */
  readonly cancelMode?: CancelMode;
  /** Longest wait for that answer, in milliseconds. An integer from 0. Default: 5,000. */
  readonly cancelTimeoutMs?: number;
  /** Asks the router to disclose the caller to the callee. Default: false. */
  readonly disclose?: boolean;
}

export interface UntypedCallOptions extends CallOptions {
  /** Asks the callee for progress, which iterating over the call returns. Default: false. */
  readonly receiveProgress?: boolean;
  /**
   * Further arguments of the same call, sent one by one as they arrive: a progressive call invocation. If the call ends first,
   * the iteration ends. An exception in the iteration cancels the call, which fails with it. Fails with
   * `wamp.error.feature_not_supported` if router or callee do not support it. Default: none.
   */
  readonly chunks?: AsyncIterable<Chunk>;
  /** The packing of a payload that the router does not read. Default: chosen by a scheme of `ConnectOptions.passthru`. */
  readonly passthru?: Passthru;
  /** Selects the callee for this key among those that share the registration. Spec: "Sharded Registration". Default: none. */
  readonly resourceKey?: string;
}

/** A chunk of a progressive call invocation. */
export interface Chunk {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
}

export interface RegisterOptions extends RequestOptions {
  /** How the URI matches called URIs. Default: `exact`. */
  readonly match?: MatchPolicy;
  /** The distribution of calls over several callees. Default: `single`, which refuses a second callee. */
  readonly invoke?: InvocationPolicy;
  /** Asks the router to disclose callers. Default: false. */
  readonly discloseCaller?: boolean;
  /**
   * Whether this peer enforces the time limits of calls instead of the dealer. When the time is up, `signal` is aborted and the
   * caller gets `wamp.error.timeout`. The handler then has the limit in `details.timeout`, in milliseconds. Spec: "Call
   * Timeouts". Default: false.
   */
  readonly forwardTimeout?: boolean;
}

export interface SubscribeOptions extends RequestOptions {
  /** How the URI matches the topics of events. Default: `exact`. */
  readonly match?: MatchPolicy;
  /** Asks for the retained event of each matching topic first. Default: false. */
  readonly getRetained?: boolean;
  /**
   * The node of this subscriber. Among subscribers with node keys, an event with a resource key goes to one node. Spec: "Sharded
   * Subscription". Default: none.
   */
  readonly nodeKey?: string;
}

/** Limits of an iteration over events. */
export interface EventsOptions {
  /** Ends the loop. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Delivers the retained event of each matching topic first. Default: false. */
  readonly getRetained?: boolean;
  /** Maximum number of events kept while the loop is busy. Beyond it the oldest are dropped and counted. Default: 1,000. */
  readonly queue?: number;
}

export interface PublishOptions extends RequestOptions, OfflineOptions, TraceOptions {
  /** Waits until the broker has accepted the event. Default: false. */
  readonly acknowledge?: boolean;
  /** Whether the publisher itself does not receive the event. Default: true. */
  readonly excludeMe?: boolean;
  /** IDs of sessions that do not receive the event. Default: none. */
  readonly exclude?: readonly number[];
  /** Sessions with one of these `authid` values do not receive the event. Default: none. */
  readonly excludeAuthid?: readonly string[];
  /** Sessions with one of these roles do not receive the event. Default: none. */
  readonly excludeAuthrole?: readonly string[];
  /** IDs of the only sessions that receive the event. With an empty list, none do. Default: all sessions. */
  readonly eligible?: readonly number[];
  /** Only sessions with one of these `authid` values receive the event. With an empty list, none do. Default: all sessions. */
  readonly eligibleAuthid?: readonly string[];
  /** Only sessions with one of these roles receive the event. With an empty list, none do. Default: all sessions. */
  readonly eligibleAuthrole?: readonly string[];
  /** Asks the router to disclose the publisher to subscribers. Default: false. */
  readonly disclose?: boolean;
  /**
   * Asks the broker to retain the event as the topic's most recent one, for later subscribers that request it. Default: false.
   */
  readonly retain?: boolean;
  /** The packing of a payload that the router does not read. Default: chosen by a scheme of `ConnectOptions.passthru`. */
  readonly passthru?: Passthru;
  /** Selects one node among subscribers with node keys. Default: none. */
  readonly resourceKey?: string;
}

/** The application's part of a message, and the router's details. */
export interface WampMessage<Details> {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** With wire keys. The specification's keys are typed; any others are unchanged. */
  readonly details: Details & Readonly<Record<string, unknown>>;
}

/** The result of a call, or a part of it. */
export interface WampResult extends WampMessage<ResultDetails> {}

/** A chunk of a progressive call invocation. */
export interface WampChunk extends WampMessage<InvocationDetails> {}

/** The identity of a disclosed session. */
export interface Identity {
  readonly session: number;
  readonly authid?: string;
  readonly authrole?: string;
}

/** A call to answer. */
export interface Invocation extends WampMessage<InvocationDetails> {
  /** The procedure that was called. For a pattern, the concrete one. */
  readonly procedure: string;
  /** Aborted when the caller cancels, the time is up, or the session ends. Its reason is a `WampError`. */
  readonly signal: AbortSignal;
  readonly caller: Identity | undefined;
  /** Sends a value before the result. It is dropped if the caller did not request progress. */
  progress(args?: readonly unknown[], kwargs?: Readonly<Record<string, unknown>>): void;
  /** Resolves when there is room for more progress because little is unsent, or when the session has ended. */
  drained(): Promise<void>;
  /**
   * The chunks that the caller sends after its input in a progressive call invocation. Ends at once if there are none. When `signal`
   * is aborted, the loop throws its reason after the chunks that have arrived.
   */
  readonly chunks: AsyncIterable<WampChunk>;
}

export interface WampEvent extends WampMessage<EventDetails> {
  /** The topic published to. For a pattern, the concrete one. */
  readonly topic: string;
  readonly publication: number;
  readonly publisher?: Identity;
}

/** An event in a loop. */
export interface QueuedEvent extends WampEvent {
  /** Number of events dropped before this one because the loop was too slow. */
  readonly dropped: number;
}

/** The method of a peer that does not connect until it is started. */
export interface Startable {
  /**
   * Connects like `connect`, and resolves when the session is established. Rejects like `connect`, which closes the peer, and
   * with `wampact.error.disconnected` when the peer is closed. Further calls return the same promise.
   */
  start(): Promise<void>;
}

/** A peer that connects when it is started: `createPeer` of `wampact/peer` creates it. */
export interface StartablePeer extends Peer, Startable {}

/** A caller that connects when it is started: `createPeer` of `wampact/caller` creates it. */
export interface StartableCallerPeer extends CallerPeer, Startable {}

export interface PublishResult {
  /** Set if the publication was acknowledged. */
  readonly publication: number | undefined;
}

export interface Registration extends AsyncDisposable {
  /** The registration's ID in the current or last session. */
  readonly id: number;
  readonly procedure: string;
  /** Unregisters. Pending calls are still answered. `drainMs` defaults to 0: it does not wait for them. */
  unregister(options?: DrainOptions): Promise<void>;
}

export interface Subscription extends AsyncDisposable {
  /** The subscription's ID in the current or last session. */
  readonly id: number;
  readonly topic: string;
  unsubscribe(): Promise<void>;
}

/** The conversion of calls to one procedure: none for untyped calls, its contract for typed ones. */
export interface CallMapping<Input, Result, Progress> extends CallReading<WampResult, Progress> {
  /** Whether a call is sent again when its connection is lost. */
  readonly idempotent: boolean;
  /** Returns the arguments. Throws `WampError`, the failure of the call, for invalid input. Nothing is sent then. */
  arguments(input: Input): Arguments | Promise<Arguments>;
  result(value: WampResult): Result | Promise<Result>;
  /**
   * Converts the `TypeError` for a value that cannot be sent to the failure of the call. Without it, the call throws the error.
   */
  unsent?(error: unknown): unknown;
}

/** A call to make. */
export interface CallRequest<Input> {
  readonly procedure: string;
  readonly input: Input;
  readonly options: UntypedCallOptions;
  /** The place of the call in the code, for the stack of its failure. */
  readonly callStack?: CallStack | undefined;
}
