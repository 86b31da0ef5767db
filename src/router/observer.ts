import type { CutCause, PeerInfo } from "../transport/transport.js";
import type { Id } from "../wire/ids.js";
import type { Message } from "../wire/messages.js";
import { isThenable } from "./given.js";
import type { Traffic } from "./traffic.js";

/**
 * Who ended a session: its client, this router, the loss of its transport, this router because the client was too slow or dead (`cut`), a
 * violation of the protocol, or a fault of ours.
 */
export type EndedBy = "client" | "router" | "transport" | "cut" | "violation" | "fault";

/** Who a session is, in what is told of it. */
export interface SessionSubject {
  readonly realm: string;
  readonly session: Id;
  readonly authid: string;
  readonly authrole: string;
}

/** What a router tells whoever watches it. Texts of clients stand in it as they came: quote and cut them where you print them. */
export type RouterEvent =
  | { readonly type: "listening"; readonly url: string }
  /** The router goes down: it takes no more connections and calls, and those under way are awaited. */
  | { readonly type: "draining" }
  /** The router is down: nobody is connected any more. */
  | { readonly type: "closed" }
  /**
   * A connection was refused before it became a session; `why` is in words. `reason` is a URI where ABORT was sent, `http_` and the status, or
   * `rawsocket_` and the error, where a listener has refused it. `claim` is what its HELLO has asked for, where there was one.
   */
  | {
      readonly type: "refused";
      readonly info: PeerInfo;
      readonly reason: string;
      readonly why: string;
      readonly claim?: Claim | undefined;
    }
  /** A client has ended its connection before it had a session; `why` is in words. */
  | { readonly type: "abandoned"; readonly info: PeerInfo; readonly why: string }
  | (SessionSubject & { readonly type: "joined"; readonly authmethod: string; readonly info: PeerInfo })
  /** `reason` is a URI where a message ended the session, else words. `message` says more, such as what violated the protocol. */
  | (SessionSubject & {
      readonly type: "left";
      readonly reason: string;
      readonly message?: string | undefined;
      readonly endedBy: EndedBy;
      /** Where it was cut. */
      readonly cut?: CutCause | undefined;
      readonly info: PeerInfo;
      /** How long it has been in the realm. */
      readonly durationMs: number;
      readonly traffic: Traffic;
    })
  /** A callee owes an answer and shows no sign of life. Until it does, others that share its procedures are called instead. */
  | (SessionSubject & { readonly type: "frozen" })
  /** One receiver could not be given an event; the others got it. `reason` is a URI, `why` is in words. */
  | (SessionSubject & {
      readonly type: "dropped";
      readonly topic: string;
      readonly reason: string;
      readonly why: string;
    })
  /**
   * A request was refused because its session may not make it, or its authorizer could not decide. `reason` is the URI of the error, `why` is in
   * words.
   */
  | (SessionSubject & {
      readonly type: "denied";
      readonly request: Message["type"];
      readonly reason: string;
      readonly why: string;
    })
  /** A request was refused because its session holds as much as it may; `limit` is the name of the limit in the configuration. */
  | (SessionSubject & { readonly type: "limited"; readonly request: Message["type"]; readonly limit: string })
  /**
   * A realm that several routers have in common keeps an event, for the first time, in a store of this router alone: subscribers of the others do
   * not get it as a retained event, and do not find it in a history.
   */
  | { readonly type: "kept_apart"; readonly realm: string; readonly topic: string }
  /** A fault of this process: of the router, a policy, a store or a listener; never of a client. Whoever was told of it got the same `correlationId`. */
  | { readonly type: "fault"; readonly error: unknown; readonly correlationId?: string };

/** Who a client says that it is, and where it wants to go. Nothing of it is proven. */
export interface Claim {
  readonly realm: string;
  readonly authid?: string | undefined;
}

/** A call that has had its last answer. Told on the channel `wampact:router:called` of `node:diagnostics_channel` alone. */
export interface CalledEvent {
  readonly type: "called";
  readonly realm: string;
  /** The concrete URI that was called. */
  readonly procedure: string;
  /** The URI or pattern that the callee has registered. */
  readonly registered: string;
  /** The error's URI; `undefined` where the call succeeded. */
  readonly outcome: string | undefined;
  readonly durationMs: number;
  /** The sessions. */
  readonly caller: Id;
  readonly callee: Id;
}

/** An event that was sent. Told on the channel `wampact:router:published` of `node:diagnostics_channel` alone. */
export interface PublishedEvent {
  readonly type: "published";
  readonly realm: string;
  readonly topic: string;
  readonly publication: Id;
  /** Its session; `undefined` for meta events and testaments. */
  readonly publisher: Id | undefined;
  /** How many sessions it was sent to. */
  readonly receivers: number;
}

/** Watches a router. What it throws is reported as a fault, and harms nothing. */
export type RouterObserver = (event: RouterEvent) => void;

/** Told of faults, each with the ID that whoever asked has been told. */
export type OnError = (error: unknown, correlationId?: string) => void;

/** Joins those who watch a router: a throwing one harms neither the router nor the others. */
export function joinObservers(observers: readonly RouterObserver[], onError: OnError): RouterObserver {
  const report = (error: unknown) => attempt(() => onError(error), LAST_RESORT);
  return (event) => {
    if (event.type === "fault") attempt(() => onError(event.error, event.correlationId), LAST_RESORT);
    for (const observer of observers) attempt(() => observer(event), report);
  };
}

/** Prints a fault with the ID that whoever asked has been told. */
export function printFault(error: unknown, correlationId?: string): void {
  if (correlationId === undefined) console.error(error);
  else console.error(`wampact: a fault, correlation ID ${correlationId}:`, error);
}

/** Nobody else is left to be told. */
const LAST_RESORT = (error: unknown): void => console.error(error);

/** Runs what may throw, or return a promise that rejects. */
function attempt(run: () => unknown, failed: (error: unknown) => void): void {
  try {
    const returned = run();
    if (isThenable(returned)) Promise.resolve(returned).catch(failed);
  } catch (error) {
    failed(error);
  }
}
