import type { CutCause, PeerInfo } from "../transport/transport.js";
import { attempt, LAST_RESORT } from "../wire/attempt.js";
import type { Id } from "../wire/ids.js";
import type { Message } from "../wire/messages.js";
import type { Traffic } from "./traffic.js";

/**
 * Who ended a session: its client, this router, the loss of its transport, this router because the client was too slow or dead
 * (`cut`), a protocol violation, or an internal error.
 */
export type EndedBy = "client" | "router" | "transport" | "cut" | "violation" | "fault";

/**
 * A change of a cluster. This router has `joined`, for the first time or again, or is `isolated`: it cannot reach the other routers,
 * or they have expelled it. Another router has `arrived`, shows no sign of life (`silent`), shows one again (`responding`), has
 * `departed`, or was `expelled`.
 */
export type ClusterChange = "joined" | "isolated" | "arrived" | "silent" | "responding" | "departed" | "expelled";

/** The identity of a session in an event. */
export interface SessionSubject {
  readonly realm: string;
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
}

/** The events of a router. Text from clients is unchanged: quote and truncate it before you print it. */
export type RouterEvent =
  | { readonly type: "listening"; readonly url: string }
  /** The router is shutting down: it accepts no more connections and calls, and waits for pending calls. */
  | { readonly type: "draining" }
  /** The router is closed. No client is connected. */
  | { readonly type: "closed" }
  /**
   * A connection was refused before it became a session. `why` is a message. `reason` is the URI of the ABORT, or of a listener's
   * refusal `http_` and the status or `rawsocket_` and the error. `claim` is the content of HELLO, if there was one.
   */
  | {
      readonly type: "refused";
      readonly info: PeerInfo;
      readonly reason: string;
      readonly why: string;
      readonly claim?: Claim | undefined;
    }
  /** A client has ended its connection before it joined. `why` is a message. */
  | { readonly type: "abandoned"; readonly info: PeerInfo; readonly why: string }
  | (SessionSubject & { readonly type: "joined"; readonly authmethod: string; readonly info: PeerInfo })
  /** `reason` is a URI if a message ended the session, else a text. `message` has details, such as the violation. */
  | (SessionSubject & {
      readonly type: "left";
      readonly reason: string;
      readonly message?: string | undefined;
      readonly endedBy: EndedBy;
      /** Set if the connection was cut. */
      readonly cut?: CutCause | undefined;
      readonly info: PeerInfo;
      /** How long the session was in the realm. */
      readonly durationMs: number;
      readonly traffic: Traffic;
    })
  /** A callee owes an answer but does not respond. Until it does, other callees of its procedures are called instead. */
  | (SessionSubject & { readonly type: "frozen" })
  /** An event could not be sent to one receiver; others received it. `reason` is a URI, `why` is a message. */
  | (SessionSubject & {
      readonly type: "dropped";
      readonly topic: string;
      readonly reason: string;
      readonly why: string;
    })
  /**
   * A request was refused because of missing permissions or a failed authorizer. `reason` is the URI of the error, `why` is a
   * message.
   */
  | (SessionSubject & {
      readonly type: "denied";
      readonly request: Message["type"];
      readonly reason: string;
      readonly why: string;
    })
  /** A request was refused because of a limit; `limit` is its name in the configuration. */
  | (SessionSubject & { readonly type: "limited"; readonly request: Message["type"]; readonly limit: string })
  /**
   * A realm of several routers stores an event in the store of only this router, for the first time. Subscribers at other routers
   * do not receive it as a retained event or find it in a history.
   */
  | { readonly type: "kept_apart"; readonly realm: string; readonly topic: string }
  /** The cluster has changed. `router` is the router that it is about: this one, or another one. */
  | { readonly type: "cluster"; readonly router: string; readonly change: ClusterChange }
  /**
   * An internal error of the router, a policy, a store or a listener, never of a client. The client received the same
   * `correlationId`.
   */
  | { readonly type: "fault"; readonly error: unknown; readonly correlationId?: string };

/** The realm and authid that a client claims, unverified. */
export interface Claim {
  readonly realm: string;
  readonly authid?: string | undefined;
}

/** A call that has ended. Published only on the channel `wampact:router:called` of `node:diagnostics_channel`. */
export interface CalledEvent {
  readonly type: "called";
  readonly realm: string;
  /** The concrete URI that was called. */
  readonly procedure: string;
  /** The registered URI or pattern of the callee. */
  readonly registered: string;
  /** The error URI; `undefined` for a successful call. */
  readonly outcome: string | undefined;
  readonly durationMs: number;
  /** The session IDs. */
  readonly caller: Id;
  readonly callee: Id;
}

/** An event that was sent. Published only on the channel `wampact:router:published` of `node:diagnostics_channel`. */
export interface PublishedEvent {
  readonly type: "published";
  readonly realm: string;
  readonly topic: string;
  readonly publication: Id;
  /** The session of the publisher; `undefined` for meta events and testaments. */
  readonly publisher: Id | undefined;
  /** The number of receiving sessions. */
  readonly receivers: number;
}

/** Receives the events of a router. Its exceptions are reported as internal errors and have no other effect. */
export type RouterObserver = (event: RouterEvent) => void;

/** Receives internal errors, each with the correlation ID that was sent to the client. */
export type OnError = (error: unknown, correlationId?: string) => void;

/** Combines observers. An exception of one affects neither the router nor the others. */
export function joinObservers(observers: readonly RouterObserver[], onError: OnError): RouterObserver {
  const report = (error: unknown) => attempt(onError, LAST_RESORT, error);
  return (event) => {
    if (event.type === "fault") attempt(onError, LAST_RESORT, event.error, event.correlationId);
    for (const observer of observers) attempt(observer, report, event);
  };
}

/** Prints an internal error with its correlation ID. */
export function printFault(error: unknown, correlationId?: string): void {
  if (correlationId === undefined) console.error(error);
  else console.error(`wampact: internal error, correlation ID ${correlationId}:`, error);
}
