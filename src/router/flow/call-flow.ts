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
 * The flow control of all sessions of a router: who is read and who waits. Only this class considers both calls and bytes.
 *
 * A caller waits briefly while its callee has much unread data, and a callee while its caller has. If that does not help because
 * the other side reads slowly or not at all, nobody waits any longer: beyond a limit, messages to it are refused to their sender.
 * A caller that sends parts of a progressive call to such a callee always waits, so an upload is as fast as its reader. A caller
 * is not read while more results are expected for it than there is room for.
 */
export class CallFlow {
  readonly #epochs: Epochs;
  readonly #budget: ReadBudget;
  readonly #after: Clock["after"] | undefined;

  /** `work` counts what all connections of the router have sent. `after` runs a function later. Default: a system timer. */
  constructor(work: SentWork, after?: Clock["after"]) {
    this.#budget = new ReadBudget(work);
    this.#epochs = new Epochs(after);
    this.#after = after;
  }

  /** Creates the flow of a session; `undefined` if it cannot be slowed down. */
  sessionFlow(transport: Transport): SessionFlow | undefined {
    const { reading } = transport;
    return reading && this.flowOf(transport, reading);
  }

  /** Creates the flow of a session without transport. */
  flowOf(sending: Sending, reading: Reading): SessionFlow {
    return new SessionFlow(sending, reading, { budget: this.#budget, epochs: this.#epochs, after: this.#after });
  }

  /** Returns why a callee cannot receive a call now; `undefined` if it can. */
  admit(callee: RealmSession): WampError | undefined {
    if (!callee.flow?.full) return undefined;
    return new WampError(UNAVAILABLE, {
      args: [`the callee reads too slowly: ${callee.flow.unsentBytes} bytes are unsent to it`],
    });
  }

  /** Handles a sent INVOCATION. */
  invoked(call: PendingCall): void {
    const caller = call.caller.flow;
    const callee = call.callee.session.flow;
    if (!caller || !callee) return;
    const epoch = this.#epochs.now;
    this.#settle(call, epoch); // another part of a progressive call
    call.expectedBytes = callee.estimates.expect(call.registration.id, epoch);
    call.expectedIn = epoch;
    if (call.expectedBytes > 0) caller.expect(call.expectedBytes, epoch);
    if (!callee.isCongested()) return;
    if (call.progressive) caller.waitFor(callee);
    else caller.waitBriefly(callee);
  }

  /** Returns why a caller cannot receive a result now; `undefined` if it can. */
  admitResult(caller: RealmSession): WampError | undefined {
    if (!caller.flow?.full) return undefined;
    return new WampError(UNAVAILABLE, {
      args: [
        `the caller reads too slowly: ${caller.flow.unsentBytes} bytes are unsent to it, so this result was dropped`,
      ],
    });
  }

  /**
   * Handles a sent result; `bytes` is the size of the final one. A callee waits briefly while its caller has much unread
   * data.
   */
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

  /** Handles the end of a call. */
  over(call: PendingCall): void {
    if (call.expectedBytes > 0) this.#settle(call, this.#epochs.now);
  }

  #settle(call: PendingCall, epoch: number): void {
    if (call.expectedBytes === 0) return;
    call.caller.flow?.settle(call.expectedBytes, { addedIn: call.expectedIn, epoch });
    call.expectedBytes = 0;
  }
}
