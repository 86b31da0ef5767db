import { callStackAbove } from "#call-stack";
import { checkDrain, checkQueuedEvents } from "#check-options";
import { DEVELOPMENT } from "#development";
import type { Clock } from "../session/clock.js";
import type { SessionDetails } from "../session/details.js";
import type { Transport } from "../transport/transport.js";
import { failureOf } from "../wire/call-failure.js";
import { messageOf, type WampError } from "../wire/error.js";
import { misuse } from "../wire/misuse.js";
import type { Arguments } from "../wire/payload.js";
import { KILLED } from "../wire/uris.js";
import type { Call } from "./call.js";
import { ClientSession } from "./client-session.js";
import { eventsOf } from "./events.js";
import { disconnected } from "./failures.js";
import { Heartbeat } from "./heartbeat.js";
import { awaitWithin } from "./limits.js";
import { Listeners } from "./listeners.js";
import type { Offline } from "./offline.js";
import { OfflineQueue } from "./offline-queue.js";
import { OutgoingCall } from "./outgoing-call.js";
import { publish, publishAway } from "./publication.js";
import { Reconnection } from "./reconnection.js";
import { Registry } from "./registry.js";
import { reported } from "./reported-promise.js";
import { checkUri, DRAIN_MS, payloadOf } from "./request-options.js";
import { attemptSession } from "./session-attempt.js";
import type { SessionEnding } from "./session-ending.js";
import { statesOf } from "./state-loop.js";
import { Subscriptions } from "./subscriptions.js";
import type { Supervision } from "./supervision.js";
import type {
  CallMapping,
  CallRequest,
  DrainOptions,
  EventsOptions,
  LostEntry,
  PeerState,
  PublishOptions,
  PublishResult,
  QueuedEvent,
  StartableCallerPeer,
  StateChange,
  SubscribeOptions,
  Subscription,
  UntypedCallOptions,
  WampEvent,
  WampResult,
} from "./types.js";

/** The mapping of calls without a contract. */
const UNTYPED: CallMapping<Arguments, WampResult, WampResult> = {
  idempotent: false,
  arguments: (given) => given,
  result: (value) => value,
  progress: (value) => value,
  failure: failureOf,
};

/** The time after a reconnect during which other peers may still be reconnecting, in milliseconds. */
const OTHERS_RETURN_MS = 5_000;

/** Longest wait for the router's GOODBYE when the peer leaves or closes, in milliseconds. */
const GOODBYE_TIMEOUT_MS = 2_000;

/**
 * The application's peer, for callers, publishers and subscribers. It has one session at a time, and replaces a lost one. The
 * registry has the application's subscriptions. `FullPeer` adds the parts for callees.
 */
export class SupervisedPeer implements StartableCallerPeer {
  readonly #supervision: Supervision;
  readonly #stateListeners: Listeners<[PeerState, string?]>;
  readonly #lostListeners: Listeners<[LostEntry]>;
  /** The entries that each new session restores. */
  protected readonly registry: Registry;
  readonly #subscriptions: Subscriptions;
  /** Calls and publications that wait for a session. */
  readonly offline: OfflineQueue;
  readonly #reconnection: Reconnection;
  readonly #closing = new AbortController();
  #closingReason = disconnected("closed by the application");
  #started: Promise<void> | undefined;
  #closed: Promise<void> | undefined; // set when the application closes it
  #endWait: () => void = () => {};
  readonly #heartbeat: Heartbeat | undefined;
  #state: PeerState = "connecting";
  #reason = "";
  protected realm: string;
  #session: ClientSession | undefined;
  #wasLost = false;
  #backMs = Number.NEGATIVE_INFINITY; // time of the last reconnect

  constructor(supervision: Supervision) {
    this.#supervision = supervision;
    const { clock, onError } = supervision;
    this.#stateListeners = new Listeners(onError);
    this.#lostListeners = new Listeners(onError);
    const lost = (entry: LostEntry) => {
      onError(entry.error);
      this.#lostListeners.tell(entry);
    };
    this.offline = new OfflineQueue(clock);
    this.registry = new Registry({ clock, onError, lost });
    this.#subscriptions = new Subscriptions(this.registry);
    this.#reconnection = new Reconnection(supervision.reconnect, clock);
    this.realm = supervision.realm;
    const { heartbeatMs } = supervision;
    if (heartbeatMs === 0) return;
    const dead = (session: ClientSession, why: string) => this.#dropSession(session, why);
    this.#heartbeat = new Heartbeat({ clock, dead, woken: () => this.#endWait() }, heartbeatMs);
  }

  get state(): PeerState {
    return this.#state;
  }

  get session(): SessionDetails | undefined {
    return this.#state === "ready" ? this.#session?.details : undefined;
  }

  get clock(): Clock {
    return this.#supervision.clock;
  }

  get isAway(): boolean {
    return this.#state === "waiting" || this.#state === "connecting";
  }

  get isBack(): boolean {
    return this.clock.now() - this.#backMs < OTHERS_RETURN_MS;
  }

  get offlineDefault(): Offline | undefined {
    return this.#supervision.offline;
  }

  get reconnects(): boolean {
    return this.#supervision.reconnect !== false;
  }

  get callStacks(): boolean {
    return this.#supervision.callStacks;
  }

  get onError(): (error: unknown) => void {
    return this.#supervision.onError;
  }

  on(event: "state", listener: (state: PeerState, reason?: string) => void): () => void;
  on(event: "lost", listener: (entry: LostEntry) => void): () => void;
  on(
    event: string,
    listener: ((state: PeerState, reason?: string) => void) & ((entry: LostEntry) => void),
  ): () => void {
    if (event === "state") return this.#stateListeners.add(listener);
    if (event === "lost") return this.#lostListeners.add(listener);
    throw misuse("on", DEVELOPMENT && `expected "state" or "lost", got "${event}"`);
  }

  /** Connects for the first time, once. */
  start(): Promise<void> {
    this.#started ??= this.#closed ? Promise.reject(this.#closingReason) : this.#establish();
    return this.#started;
  }

  /** Connects, with retries. Rejects and closes the peer when it is refused for good or must give up. */
  async #establish(): Promise<void> {
    const reconnection = this.#reconnection;
    for (;;) {
      try {
        this.move("connecting");
        await this.#attempt();
        return;
      } catch (error) {
        const waitMs = reconnection.fail(error);
        const message = messageOf(error);
        if (waitMs === undefined || this.#closing.signal.aborted) {
          this.registry.clear();
          this.move("closed", message);
          throw error;
        }
        if (reconnection.failed === 1) this.onError(reconnection.report(error)); // later failures only change the state
        if (waitMs === 0) continue; // tries the next URL
        const waited = this.#wait(waitMs); // a listener may end it
        this.move("waiting", message);
        await waited;
      }
    }
  }

  /** Stops connecting, and closes the peer. */
  giveUp(reason: WampError): void {
    this.#closingReason = reason;
    this.#closing.abort();
  }

  call(
    procedure: string,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: UntypedCallOptions = {},
  ): Call<WampResult, WampResult> {
    const callStack = this.callStacks ? callStackAbove(this.call) : undefined;
    return this.callMapped(UNTYPED, { procedure, input: { args, kwargs }, options, callStack });
  }

  callMapped<Input, Result, Progress, Declared>(
    mapping: CallMapping<Input, Result, Progress>,
    request: CallRequest<Input>,
  ): Call<Result, Progress, Declared> {
    checkUri("procedure", request.procedure);
    const call = new OutgoingCall<Input, Result, Progress, Declared>(this, mapping, request);
    call.start();
    return call;
  }

  async subscribe(
    topic: string,
    handler: (event: WampEvent) => unknown,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    return this.#subscriptions.subscribe(this.requireSession(), { topic, handler, options });
  }

  events(topic: string, options: EventsOptions & Pick<SubscribeOptions, "match"> = {}): AsyncIterable<QueuedEvent> {
    checkUri("topic", topic);
    checkQueuedEvents(options);
    const { match } = options;
    return eventsOf<QueuedEvent>(this, options, (handler, limits) =>
      this.subscribe(topic, (event) => handler({ ...event, dropped: 0 }), { ...limits, ...(match && { match }) }),
    );
  }

  publish(
    topic: string,
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options: PublishOptions = {},
  ): Promise<PublishResult> {
    try {
      checkUri("topic", topic);
      const event = { topic, payload: payloadOf({ args, kwargs }), options };
      if (this.isAway) return reported(publishAway(this, event), this.onError);
      const published = publish(this.requireSession(), event);
      return options.acknowledge ? reported(published, this.onError) : published;
    } catch (error) {
      return reported(Promise.reject(error), this.onError);
    }
  }

  /** The last session, whether it is established or not. */
  protected get lastSession(): ClientSession | undefined {
    return this.#session;
  }

  /** Connects as at first, with new `reconnect` limits. */
  protected restart(): Promise<void> {
    this.#reconnection.restart();
    return this.#establish();
  }

  reconnect(): void {
    if (!this.reconnects) throw misuse("reconnect", DEVELOPMENT && "this peer's options allow one connection only");
    const over = this.#closed ? "closed" : this.#state;
    if (over === "left" || over === "closed")
      throw misuse("reconnect", `the peer is ${over}${DEVELOPMENT ? "; join or connect" : ""}`);
    if (this.#state === "ready") this.#dropSession(this.#session as ClientSession, "reconnect was called");
    this.#endWait();
  }

  states(): AsyncIterable<StateChange> {
    return statesOf(this);
  }

  /** Ends a session as if its connection were lost. */
  #dropSession(session: ClientSession, reason: string): void {
    session.close(reason);
    this.#lost(session, { reason });
  }

  async close(options: DrainOptions = {}): Promise<void> {
    checkDrain(options, "close");
    const { drainMs = DRAIN_MS } = options;
    if (drainMs === 0) this.endDrain();
    this.#closed ??= this.#close(drainMs);
    await this.#closed;
  }

  async #close(drainMs: number): Promise<void> {
    if (this.#state === "ready" && drainMs > 0) await this.drain(drainMs);
    if (this.#state === "closed") return; // the router has ended it in the meantime
    const session = this.#session;
    const standing = this.#state === "ready";
    this.move("closed", "closed by the application");
    this.registry.clear();
    this.#closing.abort();
    if (standing && session) await this.goodbye(session);
    session?.close("closed by the application");
  }

  /** Waits for running handlers within the limit. A caller has none. The peer stays ready in the meantime. */
  protected drain(_drainMs: number): Promise<void> | undefined {
    return undefined;
  }

  /** Ends that wait. */
  protected endDrain(): void {}

  /** Sends GOODBYE. Closes a transport whose router does not answer it in time. */
  protected async goodbye(session: ClientSession): Promise<void> {
    try {
      await this.inTime(session.leave(), GOODBYE_TIMEOUT_MS);
    } catch (error) {
      session.close("GOODBYE was not answered");
      this.#supervision.onError(error);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Makes one attempt, until the last registration and subscription is restored. */
  async #attempt(): Promise<void> {
    const { open, connectTimeoutMs } = this.#supervision;
    const session = await attemptSession({
      open: (signal) =>
        open({
          attempt: this.#reconnection.failed,
          signal,
          awaitsAnswer: () => this.#session?.awaitsAnswer ?? false,
        }),
      createSession: (transport) => this.#createSession(transport),
      establish: async (session) => {
        await session.join(this.realm);
        await this.registry.restore(session);
      },
      limitMs: Math.min(connectTimeoutMs, this.#reconnection.leftMs),
      clock: this.clock,
      onError: this.onError,
      closing: this.#closing.signal,
      closingReason: () => this.#closingReason,
    });
    session.requireDetails(); // it may have ended since
    this.#reconnection.restart();
    if (this.#wasLost) this.#backMs = this.clock.now();
    this.move("ready");
  }

  #createSession(transport: Transport): ClientSession {
    const { schemes, beginLogin, onError, roles, serve } = this.#supervision;
    const session = new ClientSession(transport, {
      schemes,
      roles,
      serve,
      clock: this.clock,
      beginLogin,
      onError,
      lost: (ending) => this.#lost(session, ending),
      revoked: (what, how) => this.registry.revoked(what, how),
    });
    this.#session = session;
    return session;
  }

  #lost(session: ClientSession, { reason, goodbye, retryAfterMs }: SessionEnding): void {
    if (session !== this.#session || this.#state !== "ready") return; // an attempt in progress handles its own failure
    if (!this.reconnects || goodbye === KILLED || this.#closed) {
      this.registry.clear();
      this.move("closed", reason);
      return;
    }
    this.#wasLost = true;
    const waited = this.#wait(this.#reconnection.lost(retryAfterMs)); // a listener may end it
    this.move("waiting", reason);
    void waited
      .then(() => this.#establish())
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#supervision.onError(error);
      });
  }

  /** Throws `wampact.error.disconnected` unless the peer is ready. */
  requireSession(): ClientSession {
    if (this.#state === "ready" && this.#session) return this.#session;
    throw disconnected(`the peer is ${this.#state}${this.#reason && `: ${this.#reason}`}`);
  }

  protected move(state: PeerState, reason = ""): void {
    if (this.#state === "closed" || (this.#state === state && this.#reason === reason)) return;
    this.#state = state;
    this.#reason = reason;
    this.#heartbeat?.watch(state === "ready" ? this.#session : undefined, state === "closed");
    if (state === "ready") this.offline.flush(); // waiting requests go before those of listeners
    if (state === "left" || state === "closed") this.offline.fail(disconnected(reason));
    this.#stateListeners.tell(state, reason || undefined);
  }

  #wait(ms: number): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return Promise.resolve(); // a listener of this state, or of the error before it, has closed the peer
    return new Promise((resolve) => {
      const done = () => {
        stopTimer();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const stopTimer = this.clock.after(ms, done);
      signal.addEventListener("abort", done);
      this.#endWait = done;
      if (signal.aborted) done();
    });
  }

  protected inTime<T>(answer: Promise<T>, timeoutMs: number = this.#supervision.connectTimeoutMs): Promise<T> {
    return awaitWithin(answer, { timeoutMs }, this);
  }
}
