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
  /** Time limit of every call that names none itself, in milliseconds. Default: the procedure's own. */
  readonly timeoutMs?: number;
  /** Whether its calls and publications wait for a connection or fail, where they do not say so themselves. Default: as the peer says. */
  readonly offline?: Offline;
  /** `receive` and `none` skip schemas without codec, default or transform; the others run, checks included. Default `both`. */
  readonly validate?: ValidateMode;
  /** Told of events that do not fit their schema; the subscription goes on without them. Default: the peer's `onError`. */
  readonly onInvalid?: (issues: readonly Issue[], event: WampEvent) => void;
  /** Layers around every call, publication and event, the first being the outermost. Default: none. */
  readonly use?: readonly Middleware[];
  /** Whether each call remembers where it was made, so that the stack of its failure leads there. Default: as the peer says. */
  readonly callStacks?: boolean;
  /** Told once for each deprecated member that is used. Default: `console.warn`. */
  readonly onDeprecated?: (message: string) => void;
}

/** How a contract is served. `Use` is its middleware, `Name` the procedures that are picked. */
export interface ServeOptions<Use extends readonly Middleware[] = readonly Middleware[], Name extends string = string> {
  /** Names of the procedures to serve, when it is a part on purpose. Default: all of them. */
  readonly pick?: readonly Name[] | undefined;
  /** Values of URI parameters, by procedure: what is left open is registered as a pattern. Default: all are left open. */
  readonly params?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Spreads calls over several callees. Default: the procedure's own, else `single`. */
  readonly invoke?: InvocationPolicy;
  /** Which values are checked: `receive` and `none` skip schemas without codec, default or transform. Default `both`. */
  readonly validate?: ValidateMode;
  /** Layers around every handler, the first being the outermost. What they add stands in the handlers' context. Default: none. */
  readonly use?: Use;
  /**
   * Registers procedures that answer for the service, which `listServices` finds: `wampact.service.{name}.{instance}.ping`, `.info` and `.stats`. Where
   * the router refuses them, `onError` of the peer is told, and the contract is served all the same. Default: nothing is registered.
   */
  readonly discover?: DiscoverOptions;
}

/** What a service says of itself. */
export interface DiscoverOptions {
  /** The service's name, the same for all of its instances: letters, digits, `_` and `-`. */
  readonly name: string;
  /** The version of the program, such as `1.4.2`. */
  readonly version: string;
  /** The name of this instance, such as a host's, which no other instance may have. Default: a random one. */
  readonly instance?: string;
}

/**
 * Serves a contract whose handlers are `Handlers`: every one of them, or those that `pick` names. Middleware in `use` adds to the
 * context of the handlers. Resolves once every registration is acknowledged, and unregisters all of them if one fails. Throws
 * `TypeError` for a handler that is missing, and for a name in `pick` that is no procedure.
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

/** Handlers whose context has what middleware adds, such as `HandlersWith<ChatHandlers, { readonly user: User }>`. */
export type HandlersWith<Handlers, Added> = { [Name in keyof Handlers]: HandlerWith<Handlers[Name], Added> };
/** A handler whose context has what middleware adds. */
export type HandlerWith<Handler, Added> = Handler extends (...given: [...infer Input, infer Ctx]) => infer Answered
  ? (...given: [...input: Input, ctx: Ctx & Added]) => Answered
  : never;

/** The handlers that are picked. All of them keep the name of their interface, which errors and hovers show. */
export type ServedHandlers<Handlers, Name extends string> = [keyof Handlers] extends [Name]
  ? Handlers
  : Pick<Handlers, Name & keyof Handlers>;

/** A contract that is being served. */
export interface Service extends AsyncDisposable {
  /**
   * Unregisters every procedure, then waits for the handlers that run. A call that reaches this peer meanwhile goes to another callee,
   * or fails with `wamp.error.unavailable`. `drainMs` defaults to 5,000. A handler that awaits it waits for itself until the time is up.
   */
  close(options?: DrainOptions): Promise<void>;
}

/** The context that every handler gets beside its input. */
export interface Context {
  /** Aborted when the caller cancels, the time is up, or the session ends. Pass it on. */
  readonly signal: AbortSignal;
  /** Milliseconds left, or `undefined` where the caller has set no limit. Pass it on as `timeoutMs`. */
  readonly remainingMs: number | undefined;
  /** The caller, where it or the registration asked for disclosure. */
  readonly caller: Identity | undefined;
  /** The concrete URI that was called. */
  readonly procedure: string;
  readonly peer: Peer;
}

/** The guard of a procedure with declared errors: `client.divide.isError(error)`. */
export interface ErrorGuard<Declared extends { readonly code: string }> {
  /** Whether a call of this procedure failed with the error. It then has the type that `safe()` gives. */
  isError(error: unknown): error is CallFailure | (Declared & FailedCall);
  /** Whether a call of this procedure failed with the error, under this code. */
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
  /** The publisher, where it is disclosed. */
  readonly publisher?: Identity;
  /** Whether it was kept by the broker from before the subscription. */
  readonly retained: boolean;
  /** How many events before this one were dropped because the loop was too slow. */
  readonly dropped: number;
}

/** Options of a typed subscription. */
export interface ListenOptions extends RequestOptions {
  /** Gives the event that the broker has kept of each matching topic, first thing. Default false. */
  readonly getRetained?: boolean;
}

/** An event of the past. */
export interface HistoricEvent<Params, Event> extends TypedEvent<Params, Event> {
  /** When the broker got it. */
  readonly at: Date;
}

/** Which events of the past are asked for; all conditions hold. */
export interface HistoryOptions {
  /** The newest first. Default false: the oldest first. */
  readonly reverse?: boolean;
  /** Most events that are given in all; those that are dropped as invalid do not count. Default: every one that is kept. */
  readonly limit?: number;
  /** At this moment or later. Default: from the oldest. */
  readonly from?: Date;
  /** At this moment or earlier. Default: up to the newest. */
  readonly until?: Date;
  /**
   * After this publication, in the order of the broker. If the history does not hold it at the start, no event is given.
   * Default: from the oldest.
   */
  readonly afterPublication?: number;
  /**
   * Before this publication, in the order of the broker. If the history does not hold it at the start, no event is given.
   * Default: up to the newest.
   */
  readonly beforePublication?: number;
  /** Most events asked for at a time. A router may answer fewer, to bound the bytes of an answer. Default 100. */
  readonly pageSize?: number;
  /** Ends the loop. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** A topic with URI parameters. `…Init` are what is sent, which differs where something is branded or has a default. */
export interface TopicClient<Params, Event, EventInit, ParamsInit = Params> {
  /**
   * Calls `handler` with each event that fits its schema, until `unsubscribe()` of what it gives. Fixed parameters match exactly; each
   * one left out becomes a wildcard.
   */
  subscribe(
    params: Partial<ParamsInit>,
    handler: (event: TypedEvent<Params, Event>) => unknown,
    options?: ListenOptions,
  ): Promise<Subscription>;
  /** Every event from the start of the loop on; leaving the loop unsubscribes. */
  events(params: Partial<ParamsInit>, options?: EventsOptions): AsyncIterable<TypedEvent<Params, Event>>;
  /**
   * Reads events of the past, page by page, where the realm keeps the history of exactly this topic or pattern. Fails with
   * `wamp.error.no_such_subscription` where it keeps none. An event that does not fit its schema, or is larger than the peer's
   * `maxMessageBytes`, is dropped and reported to `onInvalid`. Events that the realm drops during the loop are left out.
   */
  history(params: Partial<ParamsInit>, options?: HistoryOptions): AsyncIterable<HistoricEvent<Params, Event>>;
  /**
   * Publishes an event, checked against its schema first. The publisher itself gets none unless `excludeMe: false`; with
   * `acknowledge: true` it resolves once the router has accepted the event.
   */
  publish(params: ParamsInit, event: EventInit, options?: PublishOptions): Promise<PublishResult>;
}

/** A topic whose URI has no parameters. */
export interface PlainTopicClient<Event, EventInit> {
  /** Calls `handler` with each event that fits its schema, until `unsubscribe()` of what it gives. */
  subscribe(
    handler: (event: TypedEvent<Record<never, never>, Event>) => unknown,
    options?: ListenOptions,
  ): Promise<Subscription>;
  /** Every event from the start of the loop on; leaving the loop unsubscribes. */
  events(options?: EventsOptions): AsyncIterable<TypedEvent<Record<never, never>, Event>>;
  /** Events of the past, page by page, where the realm keeps this topic's history; else `wamp.error.no_such_subscription`. */
  history(options?: HistoryOptions): AsyncIterable<HistoricEvent<Record<never, never>, Event>>;
  /**
   * Publishes an event, checked against its schema first. The publisher itself gets none unless `excludeMe: false`; with
   * `acknowledge: true` it resolves once the router has accepted the event.
   */
  publish(event: EventInit, options?: PublishOptions): Promise<PublishResult>;
}
