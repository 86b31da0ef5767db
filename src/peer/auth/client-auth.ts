import type { PeerInfo } from "../../transport/transport.js";
import type { Dict } from "../../wire/fields.js";
import type { Challenge } from "../../wire/messages.js";
import type { HelloDetails, WelcomeDetails } from "../../wire/options.js";

/** The content of AUTHENTICATE. */
export interface LoginAnswer {
  readonly signature: string;
  readonly extra?: Dict;
}

/** One login by one method, from HELLO to WELCOME. */
export interface ClientLogin {
  /** The identity that the peer claims. Methods that are offered together must have the same one. */
  readonly authid?: string;
  /** Further details for HELLO. */
  readonly authextra?: Dict;
  /**
   * Answers CHALLENGE. Its exception ends the login, and `connect` rejects or retries as for any failed attempt. A router that
   * sends no CHALLENGE is refused. Omit this for a method without CHALLENGE, such as `anonymous`; a CHALLENGE is then refused.
   */
  answer?(challenge: Dict): LoginAnswer | Promise<LoginAnswer>;
  /** Checks the router's proof of its identity. Throws `wamp.error.authentication_failed` if the proof fails. */
  welcome?(details: WelcomeDetails): void;
}

/** The login of one session by one of several methods. */
export interface SessionLogin {
  /** The details for HELLO. */
  readonly hello: HelloDetails;
  /** Answers CHALLENGE. */
  answer(challenge: Challenge): Promise<LoginAnswer>;
  /** Checks WELCOME. */
  welcome(details: WelcomeDetails): void;
}

/**
 * The client's half of an authentication method: for example `ticket()` of `wampact/auth/ticket`, or one of the application. It
 * keeps no state between logins. Spec: Advanced Profile, "Authentication Methods".
 */
export interface ClientAuth {
  /** The method's name in `HELLO.Details.authmethods`. */
  readonly method: string;
  /** Set if the router has a function of the same name, so that a router refuses this half. */
  readonly half?: "peer";
  /** Set only by the router's half: the text with which `connect` refuses it. */
  readonly instead?: undefined;
  /**
   * The code that `wampact/caller` needs for a login by several methods, because bundles without authentication do not contain it. The
   * methods of `wampact/auth/…` have it; `ownMethod()` of `wampact/caller` adds it to a method of the application.
   */
  readonly login?: (auth: readonly ClientAuth[], info: PeerInfo) => Promise<SessionLogin>;
  /** Starts a login, at each attempt to connect. */
  begin(info: PeerInfo): ClientLogin | Promise<ClientLogin>;
}
