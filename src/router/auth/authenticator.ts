import type { PeerInfo } from "../../transport/transport.js";
import { type Dict, isDict, kindOf } from "../../wire/fields.js";
import type { Id } from "../../wire/ids.js";
import type { Authenticate } from "../../wire/messages.js";
import type { HelloDetails } from "../../wire/options.js";
import { isUri } from "../../wire/uris.js";

/** The identity of an authenticated client. */
export interface Principal {
  readonly authid: string;
  readonly authrole: string;
  /** The source of the principal, such as `static`. */
  readonly authprovider: string;
  /** Additional information for the client in WELCOME. */
  readonly authextra?: Dict;
}

/** The decision of an authenticator. */
export type Verdict =
  | { readonly type: "accepted"; readonly principal: Principal }
  /** Sends CHALLENGE with `extra`; `answer` checks the AUTHENTICATE. */
  | {
      readonly type: "challenge";
      readonly extra: Dict;
      answer(message: Authenticate): Verdict | Promise<Verdict>;
    }
  /** Refuses the client. `uri` is the reason of the ABORT, `message` its text. */
  | { readonly type: "denied"; readonly uri: string; readonly message: string };

/** The session that a client requests. */
export interface LoginContext {
  readonly realm: string;
  /** The ID that the session will have. */
  readonly session: Id;
  /**
   * Calls a procedure of the application, in this realm or another one of the router. Resolves with its first positional result.
   * Rejects with its error, or after ten seconds.
   */
  call(procedure: string, args: readonly unknown[], realm?: string): Promise<unknown>;
  /** Reports an internal error to the router's `onError` without refusing the client. */
  report(error: unknown): void;
}

/**
 * An authentication method. Its exceptions refuse the client with `wamp.error.authentication_failed`, except a `WampError` with the
 * URI `wamp.error.unavailable`, which makes the client retry. Exceptions are reported but never sent to the client. Spec: Advanced
 * Profile, "Authentication Methods".
 */
export interface Authenticator {
  /** The name of the method in `HELLO.Details.authmethods`, such as `anonymous` or `ticket`. */
  readonly method: string;
  /** The roles in the configuration of this method, by setting. A realm that does not define one of them is refused. */
  readonly namedRoles?: Readonly<Record<string, string>>;
  /** The error message of `connect` if it is passed this authenticator. Set if the peer has a function of the same name. */
  readonly instead?: string;
  /** Set only by the peer's part of a method. */
  readonly half?: undefined;
  /**
   * Starts the authentication. Only failed answers to a challenge delay further logins, so this must not check a secret
   * itself.
   */
  begin(hello: HelloDetails, info: PeerInfo, context: LoginContext): Verdict | Promise<Verdict>;
}

/** Throws `TypeError` for an invalid verdict. A client is only accepted by a valid one. */
export function checkVerdict(verdict: Verdict): void {
  if (!isDict(verdict)) throw new TypeError(`verdict: expected an object, got ${kindOf(verdict)}`);
  switch (verdict.type) {
    case "accepted":
      return checkPrincipal(verdict.principal);
    case "challenge":
      if (isDict(verdict.extra) && typeof verdict.answer === "function") return;
      throw new TypeError("verdict: a challenge needs an object as extra and a function as answer");
    case "denied":
      if (typeof verdict.uri === "string" && isUri(verdict.uri) && typeof verdict.message === "string") return;
      throw new TypeError("verdict: a denial needs a URI as uri and a string as message");
    default:
      throw new TypeError('verdict.type: expected "accepted", "challenge" or "denied"');
  }
}

/** Throws `TypeError` for an invalid principal. */
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
