import type { Clock } from "../../session/clock.js";
import type { SentWork } from "../../transport/sent-work.js";
import type { Reading, Transport } from "../../transport/transport.js";
import { WampError } from "../../wire/error.js";
import { UNAVAILABLE } from "../../wire/uris.js";
import type { PendingCall } from "../pending-calls.js";
import type { RealmSession } from "../realm-session.js";
import { Epochs } from "./epochs.js";
import { ReadBudget } from "./read-budget.js";
import { type Sending, SessionFlow } from "./session-flow.js";

/**
 * Who is read and who waits, for all sessions of a router. It is the only place that knows calls and bytes at once.
 *
 * A caller waits a little while its callee has much to read, and a callee while its caller has. Where that does not help, because one of
 * them reads slowly or not at all, nobody waits for it any longer: beyond a bound, what would be sent to it is refused to whoever sent it.
 * A caller that sends the parts of a progressive call to such a callee waits all the same: an upload is as fast as who reads it.
 * A caller is not read while more results are on their way to it than there is room for.
 */
export class CallFlow {
  readonly #epochs: Epochs;
  readonly #budget: ReadBudget;
  readonly #after: Clock["after"] | undefined;

  /** `work` is what all connections of the router have sent. `after` runs a function later; default: a timer of the system. */
  constructor(work: SentWork, after?: Clock["after"]) {
    this.#budget = new ReadBudget(work);
    this.#epochs = new Epochs(after);
    this.#after = after;
  }

  /** The flow of a session; `undefined` where it cannot be slowed down. */
  sessionFlow(transport: Transport): SessionFlow | undefined {
    const { reading } = transport;
    return reading && this.flowOf(transport, reading);
  }

  /** The flow of somebody who is reached in another way than by a transport. */
  flowOf(sending: Sending, reading: Reading): SessionFlow {
    return new SessionFlow(sending, reading, { budget: this.#budget, epochs: this.#epochs, after: this.#after });
  }

  /** Why a callee is given no call now; `undefined` where it can have one. */
  admit(callee: RealmSession): WampError | undefined {
    if (!callee.flow?.full) return undefined;
    return new WampError(UNAVAILABLE, {
      args: [`the callee is too slow: ${callee.flow.unsentBytes} bytes wait to be read by it`],
    });
  }

  /** An INVOCATION was sent. */
  invoked(call: PendingCall): void {
    const caller = call.caller.flow;
    const callee = call.callee.session.flow;
    if (!caller || !callee) return;
    const epoch = this.#epochs.now;
    this.#settle(call, epoch); // more of a progressive call
    call.expectedBytes = callee.estimates.expect(call.registration.id, epoch);
    call.expectedIn = epoch;
    if (call.expectedBytes > 0) caller.expect(call.expectedBytes, epoch);
    if (!callee.isCongested()) return;
    if (call.progressive) caller.waitFor(callee);
    else caller.waitBriefly(callee);
  }

  /** Why a caller is given no result now; `undefined` where it can have one. */
  admitResult(caller: RealmSession): WampError | undefined {
    if (!caller.flow?.full) return undefined;
    return new WampError(UNAVAILABLE, {
      args: [
        `the caller is too slow: ${caller.flow.unsentBytes} bytes wait to be read by it, and this result was dropped`,
      ],
    });
  }

  /** A result was sent to the caller; `bytes` is the size of the last one. A callee waits a little while its caller has much to read. */
  answered(call: PendingCall, bytes?: number): void {
    const caller = call.caller.flow;
    const callee = call.callee.session.flow;
    if (!caller || !callee) return;
    if (bytes !== undefined) {
      const epoch = this.#epochs.now;
      callee.estimates.learn(call.registration.id, bytes, { madeIn: call.expectedIn, epoch });
    }
    if (caller.isCongested()) callee.waitBriefly(caller);
  }

  /** A call is over, whoever ended it. */
  over(call: PendingCall): void {
    if (call.expectedBytes > 0) this.#settle(call, this.#epochs.now);
  }

  #settle(call: PendingCall, epoch: number): void {
    if (call.expectedBytes === 0) return;
    call.caller.flow?.settle(call.expectedBytes, { addedIn: call.expectedIn, epoch });
    call.expectedBytes = 0;
  }
}
