import { WampError } from "../wire/error.js";
import type { Cancel } from "../wire/messages.js";
import type { InvocationDetails } from "../wire/options.js";
import { answerError } from "./answers.js";
import { type CallEndings, interrupt } from "./call-endings.js";
import type { CallFlow } from "./flow/call-flow.js";
import type { Invocations } from "./invocations.js";
import { checkRealmLimit } from "./limits.js";
import { noTimer, type PendingCall, type PendingCalls } from "./pending-calls.js";
import type { RemoteCall, Returned } from "./realm-link.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import type { Registration } from "./registration.js";
import type { Registrations } from "./registrations.js";
import { RELAYED } from "./timing.js";

/** The interface of relayed calls to their dealer. */
export interface RelayHost {
  readonly limits: Surroundings["limits"];
  readonly flow: CallFlow;
  readonly pending: PendingCalls;
  readonly endings: CallEndings;
  readonly invocations: Pick<Invocations, "send">;
  readonly registrations: Registrations;
  /** Returns whether calls are refused because the router is shutting down. */
  isDraining(): boolean;
}

/**
 * Calls that another router has matched, checked and routed to a callee of this router. This router checks only what the other
 * one does not know. It answers a session that represents the other router.
 */
export class RelayedCalls {
  readonly #host: RelayHost;

  constructor(host: RelayHost) {
    this.#host = host;
  }

  /** Routes a call or another part of one to a callee. If it cannot, returns the reason and changes nothing. */
  invoke(caller: RealmSession, call: RemoteCall): Returned | undefined {
    const { pending, registrations } = this.#host;
    const underWay = pending.ofCaller(caller, call.request);
    if (underWay) {
      this.#continue(underWay, call);
      return undefined;
    }
    if (!call.isFirst) return undefined; // another part of an ended call
    const registration = registrations.find(call.callee, call.registration);
    if (!registration) return "gone";
    if (!mayHave(call, registration)) return "denied";
    if (this.#host.flow.admit(call.callee)) return "full";
    if (this.#host.isDraining()) return "gone"; // another callee may be available
    const refusal = this.#refusal();
    if (refusal) answerError(caller, { requestType: "CALL", request: call.request }, refusal);
    else this.#begin(caller, call, registration);
    return undefined;
  }

  /** Cancels a call for the caller's router. With `kill`, the callee's answer is awaited. */
  giveUp(caller: RealmSession, { request, options: { mode } }: Cancel): void {
    const { pending, endings } = this.#host;
    const call = pending.ofCaller(caller, request);
    if (!call) return;
    if (mode === "kill") call.interrupted = true;
    else endings.drop(call); // nobody waits for it
    if (mode !== "skip") interrupt(call, mode ?? "killnowait");
  }

  #refusal(): WampError | undefined {
    const { limits, pending } = this.#host;
    try {
      checkRealmLimit(limits, "maxPendingCalls", { held: pending.size });
      return undefined;
    } catch (error) {
      if (error instanceof WampError) return error;
      throw error;
    }
  }

  #begin(caller: RealmSession, call: RemoteCall, registration: Registration): void {
    const { pending, invocations } = this.#host;
    const { callee, details, request, payload } = call;
    const share = registration.callees.find(({ session }) => session === callee);
    if (!share) return;
    const progress = details.progress === true;
    const begun: PendingCall = {
      caller,
      call: request,
      procedure: details.procedure ?? registration.uri,
      callee: share,
      invocation: pending.nextInvocation(callee),
      registration,
      details: details.progress === undefined ? details : withoutProgress(details),
      receivesProgress: true, // the caller's router checks it
      timing: RELAYED,
      timeoutMs: 0, // the caller's router has the timer
      reroute: undefined,
      progressive: progress,
      open: progress,
      interrupted: false,
      stopTimer: noTimer,
      dueMs: undefined,
      expectedBytes: 0,
      expectedIn: 0,
      callerSide: undefined,
      calleeSide: undefined,
    };
    pending.add(begun);
    invocations.send(begun, payload);
  }

  #continue(pending: PendingCall, { details, payload }: RemoteCall): void {
    pending.open = details.progress === true;
    this.#host.invocations.send(pending, payload, true);
  }
}

function withoutProgress({ progress: _, ...details }: InvocationDetails): InvocationDetails {
  return details;
}

/**
 * Returns whether the callee may serve the URI. An exact URI was checked on registration; for a pattern, each concrete URI
 * is.
 */
function mayHave({ callee, details }: RemoteCall, { match, uri }: Registration): boolean {
  if (match === "exact") return true;
  return callee.grants.permissions?.allows("register", details.procedure ?? uri) !== false;
}
