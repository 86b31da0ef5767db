import type { PeerInfo } from "../transport/transport.js";
import type { Id } from "../wire/ids.js";
import { isThenable } from "./given.js";

/**
 * Who ended a session: its client, this router, the loss of its transport, this router because the client was too slow or dead (`cut`), a
 * violation of the protocol, or a fault of ours.
 */
export type EndedBy = "client" | "router" | "transport" | "cut" | "violation" | "fault";

/** What a router tells whoever watches it. */
export type RouterEvent =
  | { readonly type: "listening"; readonly url: string }
  /** A connection was refused before it became a session; `why` is in words. */
  | { readonly type: "refused"; readonly info: PeerInfo; readonly why: string }
  | {
      readonly type: "joined";
      readonly realm: string;
      readonly session: Id;
      readonly authid: string;
      readonly authrole: string;
      readonly authmethod: string;
      readonly info: PeerInfo;
    }
  /** `reason` is a URI where a message ended the session, else words. */
  | {
      readonly type: "left";
      readonly realm: string;
      readonly session: Id;
      readonly reason: string;
      readonly endedBy: EndedBy;
    }
  /** A callee owes an answer and shows no sign of life. Until it does, others that share its procedures are called instead. */
  | { readonly type: "frozen"; readonly realm: string; readonly session: Id }
  /** One receiver could not be given an event; the others got it. */
  | {
      readonly type: "dropped";
      readonly realm: string;
      readonly session: Id;
      readonly topic: string;
      readonly why: string;
    }
  /** A request was refused because its session may not make it, or its authorizer could not decide; `why` is in words. */
  | { readonly type: "denied"; readonly realm: string; readonly session: Id; readonly why: string }
  /** A request was refused because its session holds as much as it may; `limit` is the name of the limit in the configuration. */
  | { readonly type: "limited"; readonly realm: string; readonly session: Id; readonly limit: string }
  /** A fault of this process: of the router, a policy, a store or a listener; never of a client. Whoever was told of it got the same `correlationId`. */
  | { readonly type: "fault"; readonly error: unknown; readonly correlationId?: string };

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
