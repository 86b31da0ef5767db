import type { Invocation, Peer } from "../peer/types.js";
import type { Context } from "./types.js";

/** Creates the context of a call, without the parts from its contract. */
export function createContext(invocation: Invocation, peer: Peer): Context {
  return new HandlerContext(invocation, peer);
}

const INVOCATION = Symbol("invocation");
const DEADLINE = Symbol("deadline");

/**
 * The context of a handler. It creates the rarely used signal on demand. It has symbols instead of private members, because
 * middleware creates objects that inherit from it.
 */
class HandlerContext implements Context {
  readonly caller: Context["caller"];
  readonly procedure: string;
  readonly peer: Peer;
  readonly [INVOCATION]: Invocation;
  readonly [DEADLINE]: number | undefined; // in milliseconds since 1970

  constructor(invocation: Invocation, peer: Peer) {
    const { timeout } = invocation.details;
    this.caller = invocation.caller;
    this.procedure = invocation.procedure;
    this.peer = peer;
    this[INVOCATION] = invocation;
    this[DEADLINE] = timeout ? peer.clock.now() + timeout : undefined;
  }

  get signal(): AbortSignal {
    return this[INVOCATION].signal;
  }

  get remainingMs(): number | undefined {
    const deadline = this[DEADLINE];
    return deadline && Math.max(1, deadline - this.peer.clock.now()); // 0 would be forwarded as no limit
  }
}
