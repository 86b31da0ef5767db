import type { ValidateMode } from "../contract/validate.js";
import type {
  Identity,
  Peer,
  PublishOptions,
  PublishResult,
  RequestOptions,
  Subscription,
  WampEvent,
} from "../peer/types.js";
import type { Issue } from "../wire/issue.js";
import type { InvocationPolicy } from "../wire/messages.js";

/** What a typed client does beside its contract. */
export interface ClientOptions {
  /** Time limit of every call that names none itself, in milliseconds. Default: the procedure's own. */
  readonly timeoutMs?: number;
  /** `receive` and `none` skip schemas without codec, default or transform; the others run, checks included. Default `both`. */
  readonly validate?: ValidateMode;
  /** Told of events that do not fit their schema; the subscription goes on without them. Default: the peer's `onError`. */
  readonly onInvalid?: (issues: readonly Issue[], event: WampEvent) => void;
}

/** How a contract is served. */
export interface ServeOptions {
  /** Names of the procedures to serve, when it is a part on purpose. */
  readonly pick?: readonly string[];
  /** Values of URI parameters, by procedure: what is left open is registered as a pattern. */
  readonly params?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** How calls spread over several callees. Default: the procedure's own, else `single`. */
  readonly invoke?: InvocationPolicy;
  /** Default `both`. */
  readonly validate?: ValidateMode;
}

/** A contract that is being served. */
export interface Service extends AsyncDisposable {
  /** Unregisters every procedure; calls under way are still answered. */
  close(): Promise<void>;
}

/** What every handler is told beside its input. */
export interface Context {
  /** Aborted when the caller cancels, the time is up, or the session ends. Pass it on. */
  readonly signal: AbortSignal;
  /** Milliseconds left, or `undefined` where the callee was told of no limit. Pass it on as `timeoutMs`. */
  readonly remainingMs: number | undefined;
  /** Who calls, where the caller or the registration asked for it. */
  readonly caller: Identity | undefined;
  /** The concrete URI that was called. */
  readonly procedure: string;
  readonly peer: Peer;
}

/** What a handler may return. */
export type Answer<Result> = Result | Promise<Result>;

/** An event, checked and decoded. */
export interface TypedEvent<Params, Event> {
  readonly data: Event;
  readonly params: Params;
  /** The concrete topic. */
  readonly topic: string;
  readonly publication: number;
  /** Who published it, where it is told. */
  readonly publisher?: Identity;
  /** Whether it was kept by the broker from before the subscription. */
  readonly retained: boolean;
  /** How many events before this one were dropped because the loop was too slow. */
  readonly dropped: number;
}

/** Limits of an iteration over events. */
export interface EventsOptions {
  /** Ends the loop. */
  readonly signal?: AbortSignal;
  /** Events kept while the loop is busy; beyond it the oldest are dropped and counted. Default 1,000. */
  readonly queue?: number;
}

/** A topic with URI parameters. */
export interface TopicClient<Params, Event, EventInit> {
  /** Fixed parameters match exactly; each one left out becomes a wildcard. */
  subscribe(
    params: Partial<Params>,
    handler: (event: TypedEvent<Params, Event>) => void | Promise<void>,
    options?: RequestOptions,
  ): Promise<Subscription>;
  /** Every event from the start of the loop on; leaving the loop unsubscribes. */
  events(params: Partial<Params>, options?: EventsOptions): AsyncIterable<TypedEvent<Params, Event>>;
  publish(params: Params, event: EventInit, options?: PublishOptions): Promise<PublishResult>;
}

/** A topic whose URI has no parameters. */
export interface PlainTopicClient<Event, EventInit> {
  subscribe(
    handler: (event: TypedEvent<Record<never, never>, Event>) => void | Promise<void>,
    options?: RequestOptions,
  ): Promise<Subscription>;
  /** Every event from the start of the loop on; leaving the loop unsubscribes. */
  events(options?: EventsOptions): AsyncIterable<TypedEvent<Record<never, never>, Event>>;
  publish(event: EventInit, options?: PublishOptions): Promise<PublishResult>;
}
