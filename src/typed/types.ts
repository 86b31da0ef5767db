import type { ValidateMode } from "../contract/validate-mode.js";
import type { Offline } from "../peer/offline.js";
import type {
  DrainOptions,
  EventsOptions,
  Identity,
  Peer,
  PublishOptions,
  PublishResult,
  RequestOptions,
  Subscription,
  WampEvent,
} from "../peer/types.js";
import type { CallFailure, FailedCall } from "../wire/call-failure.js";
import type { Issue } from "../wire/issue.js";
import type { InvocationPolicy } from "../wire/messages.js";
import type { AddedBy, Middleware } from "./middleware.js";

/** Options of a typed client. */
export interface ClientOptions {
  /** Time limit of every call that does not set its own, in milliseconds. Default: the procedure's limit. */
  readonly timeoutMs?: number;
  /**
   * Whether calls and publications wait for a connection or fail, unless they set their own option. Default: the peer's option.
   */
  readonly offline?: Offline;
  /**
   * Which values are validated. `receive` and `none` skip schemas without codec, default or transform. Other schemas always run,
   * including their checks. Default: `both`.
   */
  readonly validate?: ValidateMode;
  /**
   * Called for each event that does not match its schema. The subscription continues without it. Default: the peer's `onError`.
   */
  readonly onInvalid?: (issues: readonly Issue[], event: WampEvent) => void;
  /** Middleware around every call, publication and event. The first one is the outermost. Default: none. */
  readonly use?: readonly Middleware[];
  /** Whether the stack of a failed call shows where it was called. Default: the peer's option. */
  readonly callStacks?: boolean;
  /** Called once for each deprecated member that is used. Default: `console.warn`. */
  readonly onDeprecated?: (message: string) => void;
}

/** Options of `serve`. `Use` is its middleware, `Name` the picked procedures. */
export interface ServeOptions<Use extends readonly Middleware[] = readonly Middleware[], Name extends string = string> {
  /** Names of the procedures to serve, to serve only a part. Default: all. */
  readonly pick?: readonly Name[] | undefined;
  /** Values of URI parameters, by procedure. Parameters without value are registered as a pattern. Default: none have a value. */
  readonly params?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The distribution of calls over several callees. Default: the procedure's policy, otherwise `single`. */
  readonly invoke?: InvocationPolicy;
  /** Which values are validated. `receive` and `none` skip schemas without codec, default or transform. Default: `both`. */
  readonly validate?: ValidateMode;
  /**
   * Middleware around every handler. The first one is the outermost. Its additions are in the handlers' context. Default: none.
   */
  readonly use?: Use;
  /**
   * Registers procedures that answer for the service and that `listServices` finds: `wampact.service.{name}.{instance}.ping`,
   * `.info` and `.stats`. If the router refuses them, the error goes to the peer's `onError`, and the contract is still served.
   * Default: nothing is registered.
   */
  readonly discover?: DiscoverOptions;
}

/** The description of a service. */
export interface DiscoverOptions {
  /** The service's name, the same for all of its instances: letters, digits, `_` and `-`. */
  readonly name: string;
  /** The version of the program, such as `1.4.2`. */
  readonly version: string;
  /** The unique name of this instance, such as a host name. Default: a random name. */
  readonly instance?: string;
}

/**
 * Serves a contract whose handlers are `Handlers`: all of them, or those that `pick` names. Middleware in `use` adds to the
 * context of the handlers. Resolves when every registration is acknowledged, and unregisters all of them if one fails. Throws
 * `TypeError` for a missing handler, and for a name in `pick` that is not a procedure.
 */
export type Serve<Handlers> = <
  const Use extends readonly Middleware[] = readonly Middleware[],
  const Name extends keyof Handlers & string = keyof Handlers & string,
>(
  peer: Peer,
  handlers: ServedHandlers<
    unknown extends AddedBy<Use> ? Handlers : HandlersWith<Handlers, AddedBy<Use>>,
    NoInfer<Name>
  >,
  options?: ServeOptions<Use, Name>,
) => Promise<Service>;

/** Handlers with the additions of middleware in their context, such as `HandlersWith<ChatHandlers, { readonly user: User }>`. */
export type HandlersWith<Handlers, Added> = { [Name in keyof Handlers]: HandlerWith<Handlers[Name], Added> };
/** A handler with the additions of middleware in its context. */
export type HandlerWith<Handler, Added> = Handler extends (...given: [...infer Input, infer Ctx]) => infer Answered
  ? (...given: [...input: Input, ctx: Ctx & Added]) => Answered
  : never;

/** The picked handlers. If all are picked, the type keeps the name of their interface for errors and hovers. */
export type ServedHandlers<Handlers, Name extends string> = [keyof Handlers] extends [Name]
  ? Handlers
  : Pick<Handlers, Name & keyof Handlers>;

/** A contract that is being served. */
export interface Service extends AsyncDisposable {
  /**
   * Unregisters every procedure, then waits for running handlers. A call that arrives in the meantime goes to another callee, or
   * fails with `wamp.error.unavailable`. `drainMs` defaults to 5,000. A handler that awaits this waits for itself until the time
   * is up.
   */
  close(options?: DrainOptions): Promise<void>;
}

/** The context that every handler receives besides its input. */
export interface Context {
  /** Aborted when the caller cancels, the time is up, or the session ends. Forward it to other operations. */
  readonly signal: AbortSignal;
  /** Remaining time in milliseconds, or `undefined` if the caller has set no limit. Forward it as `timeoutMs`. */
  readonly remainingMs: number | undefined;
  /** The caller, if it or the registration requested disclosure. */
  readonly caller: Identity | undefined;
  /** The concrete URI that was called. */
  readonly procedure: string;
  readonly peer: Peer;
}

/** The guard of a procedure with declared errors: `client.divide.isError(error)`. */
export interface ErrorGuard<Declared extends { readonly code: string }> {
  /** Returns whether a call of this procedure failed with the error, which then has the type that `safe()` returns. */
  isError(error: unknown): error is CallFailure | (Declared & FailedCall);
  /** Returns whether a call of this procedure failed with the error, under this code. */
  isError<const Code extends (CallFailure | Declared)["code"]>(
    error: unknown,
    code: Code,
  ): error is Extract<CallFailure | (Declared & FailedCall), { readonly code: Code }>;
}

/** The return value of a handler. */
export type Answer<Result> = Result | Promise<Result>;

/** An event, checked and decoded. */
export interface TypedEvent<Params, Event> {
  readonly data: Event;
  readonly params: Params;
  /** The concrete topic. */
  readonly topic: string;
  readonly publication: number;
  /** The publisher, if it is disclosed. */
  readonly publisher?: Identity;
  /** Whether the broker retained it from before the subscription. */
  readonly retained: boolean;
  /** Number of events dropped before this one because the loop was too slow. */
  readonly dropped: number;
}

/** Options of a typed subscription. */
export interface ListenOptions extends RequestOptions {
  /** Delivers the retained event of each matching topic first. Default: false. */
  readonly getRetained?: boolean;
}

/** A past event. */
export interface HistoricEvent<Params, Event> extends TypedEvent<Params, Event> {
  /** The time at which the broker received it. */
  readonly at: Date;
}

/** The past events to read. All conditions must hold. */
export interface HistoryOptions {
  /** Reads the newest events first. Default: false, the oldest first. */
  readonly reverse?: boolean;
  /** Maximum number of events. Invalid events that are dropped do not count. Default: all stored events. */
  readonly limit?: number;
  /** Reads events from this time on, inclusive. Default: from the oldest. */
  readonly from?: Date;
  /** Reads events up to this time, inclusive. Default: up to the newest. */
  readonly until?: Date;
  /**
   * Reads events after this publication, in the broker's order. If the history does not contain it at the start, there are no
   * events. Default: from the oldest.
   */
  readonly afterPublication?: number;
  /**
   * Reads events before this publication, in the broker's order. If the history does not contain it at the start, there are no
   * events. Default: up to the newest.
   */
  readonly beforePublication?: number;
  /** Maximum number of events per request. A router may return fewer to limit the size of an answer. Default: 100. */
  readonly pageSize?: number;
  /** Ends the loop. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** A topic with URI parameters. Senders pass the `…Init` types, which differ for brands and defaults. */
export interface TopicClient<Params, Event, EventInit, ParamsInit = Params> {
  /**
   * Calls `handler` with each event that matches its schema, until `unsubscribe()` of the result. Given parameters match exactly.
   * Each missing one becomes a wildcard.
   */
  subscribe(
    params: Partial<ParamsInit>,
    handler: (event: TypedEvent<Params, Event>) => unknown,
    options?: ListenOptions,
  ): Promise<Subscription>;
  /** Returns a loop over all events from its start. Leaving the loop unsubscribes. */
  events(params: Partial<ParamsInit>, options?: EventsOptions): AsyncIterable<TypedEvent<Params, Event>>;
  /**
   * Reads past events page by page, if the realm stores the history of exactly this topic or pattern. Otherwise fails with
   * `wamp.error.no_such_subscription`. An event that does not match its schema, or is larger than the peer's `maxMessageBytes`,
   * is dropped and reported to `onInvalid`. Events that the realm drops during the loop are omitted.
   */
  history(params: Partial<ParamsInit>, options?: HistoryOptions): AsyncIterable<HistoricEvent<Params, Event>>;
  /**
   * Publishes an event after validating it. The publisher itself does not receive it unless `excludeMe` is `false`. With
   * `acknowledge: true` it resolves when the router has accepted the event.
   */
  publish(params: ParamsInit, event: EventInit, options?: PublishOptions): Promise<PublishResult>;
}

/** A topic whose URI has no parameters. */
export interface PlainTopicClient<Event, EventInit> {
  /** Calls `handler` with each event that matches its schema, until `unsubscribe()` of the result. */
  subscribe(
    handler: (event: TypedEvent<Record<never, never>, Event>) => unknown,
    options?: ListenOptions,
  ): Promise<Subscription>;
  /** Returns a loop over all events from its start. Leaving the loop unsubscribes. */
  events(options?: EventsOptions): AsyncIterable<TypedEvent<Record<never, never>, Event>>;
  /**
   * Reads past events page by page, if the realm stores this topic's history. Otherwise fails with
   * `wamp.error.no_such_subscription`.
   */
  history(options?: HistoryOptions): AsyncIterable<HistoricEvent<Record<never, never>, Event>>;
  /**
   * Publishes an event after validating it. The publisher itself does not receive it unless `excludeMe` is `false`. With
   * `acknowledge: true` it resolves when the router has accepted the event.
   */
  publish(event: EventInit, options?: PublishOptions): Promise<PublishResult>;
}
