import type { PeerInfo } from "../../transport/transport.js";
import type { Dict } from "../../wire/fields.js";
import type { WelcomeDetails } from "../../wire/options.js";

/** What AUTHENTICATE says. */
export interface LoginAnswer {
  readonly signature: string;
  readonly extra?: Dict;
}

/** One login by one method, from HELLO to WELCOME. */
export interface ClientLogin {
  /** Who the peer says it is. Methods that are offered together must name the same. */
  readonly authid?: string;
  /** What HELLO tells beyond that. */
  readonly authextra?: Dict;
  /**
   * Answers CHALLENGE. What it throws ends the login, and `connect` rejects with it or tries again, as for any failed attempt. A router that
   * sends no CHALLENGE is refused; leave this out for a method that has none, such as `anonymous`, whose CHALLENGE is then refused.
   */
  answer?(challenge: Dict): LoginAnswer | Promise<LoginAnswer>;
  /** Checks what the router proves about itself. Throws `wamp.error.authentication_failed` where it proves nothing. */
  welcome?(details: WelcomeDetails): void;
}

/**
 * The client's half of an authentication method: `ticket()` of `wampact/auth/ticket`, for example, or one of the application's. It keeps
 * nothing of one login for the next. Spec: Advanced Profile, "Authentication Methods".
 */
export interface ClientAuth {
  /** The method's name in `HELLO.Details.authmethods`. */
  readonly method: string;
  /** Set where the router's half is made by a function of the same name, so that a router refuses this one. */
  readonly half?: "peer";
  /** Set by the router's half alone: the words with which `connect` refuses it. */
  readonly instead?: undefined;
  /** Begins a login, at each attempt to connect. */
  begin(info: PeerInfo): ClientLogin | Promise<ClientLogin>;
}
