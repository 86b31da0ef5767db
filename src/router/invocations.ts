import { excerpt } from "../wire/bytes.js";
import { ProtocolViolation, WampError } from "../wire/error.js";
import type * as m from "../wire/messages.js";
import type { Payload } from "../wire/payload.js";
import { isEmptyPayload } from "../wire/payload-bytes.js";
import { INVALID_ARGUMENT } from "../wire/uris.js";
import type { CallEndings } from "./call-endings.js";
import type { Enforcement } from "./enforcement.js";
import type { CallFlow } from "./flow/call-flow.js";
import { isOver, keptCall, noTimer, type PendingCall, type PendingCalls } from "./pending-calls.js";
import { invocationDetails, isReroutable, type RoutedCall } from "./routed-call.js";

/** The parts of a dealer that invocations concern. */
export interface InvocationsParts {
  readonly pending: PendingCalls;
  readonly endings: CallEndings;
  readonly flow: CallFlow;
  /** Validates the parts of progressive calls against contracts, if any. */
  readonly enforcement: Enforcement | undefined;
}

/** Sends calls to their callees. From its first INVOCATION to its end, a call is pending. */
export class Invocations {
  readonly #parts: InvocationsParts;

  constructor(parts: InvocationsParts) {
    this.#parts = parts;
  }

  /** Sends a call to its callee. */
  begin(call: RoutedCall): void {
    const { answerTo, message, discloser, registration, callee, refused, denied } = call;
    const { options } = message;
    const pending: PendingCall = {
      caller: answerTo,
      call: message.request,
      procedure: message.procedure,
      callee,
      invocation: this.#parts.pending.nextInvocation(callee.session),
      registration,
      details: invocationDetails(call),
      receivesProgress: options.receive_progress === true,
      timing: call.timing,
      timeoutMs: callee.forwardTimeout ? 0 : (options.timeout ?? 0),
      reroute: isReroutable(call) ? { message: keptCall(message), discloser, refused, denied } : undefined,
      progressive: options.progress === true,
      open: options.progress === true,
      interrupted: false,
      stopTimer: noTimer,
      dueMs: undefined,
      expectedBytes: 0,
      expectedIn: 0,
      callerSide: undefined,
      calleeSide: undefined,
    };
    this.#parts.pending.add(pending);
    this.#parts.endings.startTimer(pending, call.dueMs);
    this.send(pending, message.payload);
  }

  /** Sends another part of a progressive call to the same callee, with the options of the first part. */
  continue(pending: PendingCall, message: m.Call): void {
    if (!pending.open) {
      throw new ProtocolViolation(`CALL.request: ${message.request} is the ID of a pending call`);
    }
    const fault = this.#faultOfPart(pending, message);
    if (isOver(pending)) return; // a schema has ended a session
    const refusal = fault ?? this.#parts.flow.admit(pending.callee.session);
    if (refusal) return this.#parts.endings.cancel(pending, { mode: "killnowait", error: refusal });
    this.#parts.pending.forgetMessage(pending); // earlier parts cannot be resent
    pending.open = message.options.progress === true;
    this.#parts.endings.startTimer(pending);
    this.send(pending, message.payload, true);
  }

  /** Sends the INVOCATION. `goesOn` is true if the callee has received a part of this call before. */
  send(pending: PendingCall, payload: Payload, goesOn = false): void {
    const refusal = pending.callee.session.send({
      type: "INVOCATION",
      request: pending.invocation,
      registration: pending.registration.id,
      details: pending.open ? { ...pending.details, progress: true } : pending.details,
      payload,
    });
    if (refusal) this.#parts.endings.cancel(pending, { mode: goesOn ? "killnowait" : "skip", error: refusal });
    else this.#parts.flow.invoked(pending);
  }

  #faultOfPart(pending: PendingCall, message: m.Call): WampError | undefined {
    if (message.procedure !== pending.procedure) return anotherProcedure(pending, message);
    return isEnd(message) ? undefined : this.#parts.enforcement?.checkCall(pending.procedure, "chunk", message);
  }
}

/**
 * Returns the error for a part that names another procedure. Authorization is checked for the named one, so it must be the
 * same.
 */
function anotherProcedure({ procedure }: PendingCall, { procedure: named }: m.Call): WampError {
  const words = `a part of a call of "${excerpt(procedure)}" names "${excerpt(named)}"`;
  return new WampError(INVALID_ARGUMENT, { args: [words] });
}

/** Returns whether a part of a progressive call only marks its end. */
function isEnd({ options, payload }: m.Call): boolean {
  return !options.progress && isEmptyPayload(payload);
}
