import type { ReadableMessages } from "../wire/codec.js";
import type { Roles } from "../wire/options.js";
import type { ClientAuth } from "./auth/client-auth.js";
import type { InvocationHost, Invocations } from "./invocations.js";
import type { PayloadPacking } from "./payload-schemes.js";

/** The parts that differ between entry points. A bundle contains only the parts of the entry points that it imports. */
export interface PeerParts {
  /** The roles and features that HELLO announces. */
  readonly roles: Roles;
  /** The messages that the router may send. */
  readonly messages: ReadableMessages;
  /** Creates the invocations of a session. `undefined`: the peer is not a callee. */
  readonly serve: ((host: InvocationHost) => Invocations) | undefined;
  /** Starts a login. `undefined`: the methods of `auth` bring it. */
  readonly login: ClientAuth["login"];
  /** The packing of payloads that the router does not read. */
  readonly schemes: PayloadPacking;
}
