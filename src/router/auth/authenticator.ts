import type { PeerInfo } from "../../transport/transport.js";
import { type Dict, isDict, kindOf } from "../../wire/fields.js";
import type { Id } from "../../wire/ids.js";
import type { Authenticate } from "../../wire/messages.js";
import type { HelloDetails } from "../../wire/options.js";
import { isUri } from "../../wire/uris.js";

/** Who a client is, once it has proven it. */
export interface Principal {
  readonly authid: string;
  readonly authrole: string;
  /** Where principals of this kind come from, such as `static`. */
  readonly authprovider: string;
  /** What WELCOME tells the client beyond that. */
  readonly authextra?: Dict;
}

/** What an authenticator decides. */
export type Verdict =
  | { readonly type: "accepted"; readonly principal: Principal }
  /** The client is sent CHALLENGE with `extra`; `answer` judges its AUTHENTICATE. */
  | {
      readonly type: "challenge";
      readonly extra: Dict;
      answer(message: Authenticate): Verdict | Promise<Verdict>;
    }
  /** `uri` is the reason of the ABORT, `message` its words for people. */
  | { readonly type: "denied"; readonly uri: string; readonly message: string };

/** Which session a client wants. */
export interface LoginContext {
  readonly realm: string;
  /** The ID that the session will have. */
  readonly session: Id;
  /**
   * Calls a procedure of the application, in this realm or in another one of the router. Resolves with its first positional result; rejects
   * with its error, and after ten seconds.
   */
  call(procedure: string, args: readonly unknown[], realm?: string): Promise<unknown>;
  /** Tells the router's `onError` of a fault that refuses nobody. */
  report(error: unknown): void;
}

/**
 * One way for clients to say who they are. What it throws refuses the client with `wamp.error.authentication_failed`, a `WampError` of the
 * URI `wamp.error.unavailable` with that, upon which clients try again; what was thrown is reported, and never told to the client. Spec: Advanced Profile, "Authentication Methods".
 */
export interface Authenticator {
  /** The method's name in `HELLO.Details.authmethods`, such as `anonymous` or `ticket`. */
  readonly method: string;
  /** The roles in its own configuration, each by the setting that names it: a realm that does not have one of them refuses it. */
  readonly namedRoles?: Readonly<Record<string, string>>;
  /** Set where the peer's half is made by a function of the same name: the words with which `connect` refuses this one. */
  readonly instead?: string;
  /** Set by the peer's half alone. */
  readonly half?: undefined;
  /** Failed answers to a challenge slow the next ones down; what this denies itself does not, so that it should judge no secret. */
  begin(hello: HelloDetails, info: PeerInfo, context: LoginContext): Verdict | Promise<Verdict>;
}

/** Throws `TypeError` for a verdict that is none: whoever is not accepted in so many words is not accepted. */
export function checkVerdict(verdict: Verdict): void {
  if (!isDict(verdict)) throw new TypeError(`verdict: expected an object, got ${kindOf(verdict)}`);
  switch (verdict.type) {
    case "accepted":
      return checkPrincipal(verdict.principal);
    case "challenge":
      if (isDict(verdict.extra) && typeof verdict.answer === "function") return;
      throw new TypeError("verdict: a challenge has an object as extra, and a function as answer");
    case "denied":
      if (typeof verdict.uri === "string" && isUri(verdict.uri) && typeof verdict.message === "string") return;
      throw new TypeError("verdict: a denial has a URI as uri, and a string as message");
    default:
      throw new TypeError('verdict.type: expected "accepted", "challenge" or "denied"');
  }
}

/** Throws `TypeError` for a principal that is none. */
export function checkPrincipal(principal: Principal): void {
  if (!isDict(principal)) throw new TypeError(`principal: expected an object, got ${kindOf(principal)}`);
  for (const key of ["authid", "authrole", "authprovider"] as const) {
    if (typeof principal[key] !== "string" || principal[key] === "")
      throw new TypeError(`principal.${key}: expected a string, got ${kindOf(principal[key])}`);
  }
  if (principal.authextra !== undefined && !isDict(principal.authextra)) {
    throw new TypeError(`principal.authextra: expected an object, got ${kindOf(principal.authextra)}`);
  }
}
