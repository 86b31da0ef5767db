import type { Roles } from "../wire/options.js";
import type { InvocationHost, Invocations } from "./invocations.js";
import type { PayloadPacking } from "./payload-schemes.js";

/** The parts that the peers of one entry have and those of another one lack: a bundle holds those of the entries that it imports. */
export interface PeerParts {
  /** The roles and features that HELLO announces. */
  readonly roles: Roles;
  /** Creates what answers the invocations of a session. `undefined`: the peer is no callee. */
  readonly serve: ((host: InvocationHost) => Invocations) | undefined;
  /** How payloads are packed that the router passes through unread. */
  readonly schemes: PayloadPacking;
}
