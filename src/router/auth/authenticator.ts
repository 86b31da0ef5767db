import type { PeerInfo } from "../../transport/transport.js";
import type { Dict } from "../../wire/fields.js";
import type { Authenticate } from "../../wire/messages.js";
import type { HelloDetails } from "../../wire/options.js";

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

/**
 * One way for clients to say who they are. What it throws refuses the client with `wamp.error.authentication_failed`; what was thrown is
 * reported, and never told to the client. Spec: Advanced Profile, "Authentication Methods".
 */
export interface Authenticator {
  /** The method's name in `HELLO.Details.authmethods`, such as `anonymous` or `ticket`. */
  readonly method: string;
  begin(hello: HelloDetails, info: PeerInfo): Verdict | Promise<Verdict>;
}
