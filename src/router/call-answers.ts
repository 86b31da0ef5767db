import { ProtocolViolation, type WampError } from "../wire/error.js";
import type * as m from "../wire/messages.js";
import { passthruOf } from "../wire/options.js";
import { payloadLength } from "../wire/payload-bytes.js";
import { UNAVAILABLE } from "../wire/uris.js";
import type { CallEndings } from "./call-endings.js";
import type { Enforcement } from "./enforcement.js";
import type { CallFlow } from "./flow/call-flow.js";
import { isOver, type PendingCall, type PendingCalls } from "./pending-calls.js";
import type { Policies, PolicyResult } from "./policy.js";
import { partyOf, type RealmSession } from "./realm-session.js";
import type { Rerouting } from "./rerouting.js";
import { checkPassthruAnswer, passthruRefusal } from "./routed-call.js";
import { RELAYED } from "./timing.js";
import type { RealmWatch } from "./watch.js";

/** The parts of a dealer that answers concern. */
export interface CallAnswersParts {
  readonly pending: PendingCalls;
  readonly endings: CallEndings;
  readonly rerouting: Rerouting;
  readonly flow: CallFlow;
  readonly watch: RealmWatch;
  /** Validates results against contracts, if any. */
  readonly enforcement: Enforcement | undefined;
  /** The policies for results, if any. */
  readonly policies: Policies | undefined;
}

/**
 * Forwards the answers of callees to their callers. An answer is found by the session that it came from, so that no session can
 * answer for another. Spec: "Remote Procedure Calls".
 */
export class CallAnswers {
  readonly #parts: CallAnswersParts;

  constructor(parts: CallAnswersParts) {
    this.#parts = parts;
  }

  /** Forwards a callee's result. With `progress`, the call continues. */
  yield(session: RealmSession, message: m.Yield): void {
    const { endings, flow, watch, enforcement, policies } = this.#parts;
    const { options } = message;
    const isPassthru = options.ppt_scheme !== undefined;
    if (isPassthru) checkPassthruAnswer(session, "YIELD.options");
    const pending = this.#answered(session, message);
    if (!pending) return;
    const progress = options.progress === true;
    if (progress && (!pending.receivesProgress || pending.interrupted)) return;
    const mode = progress ? "killnowait" : "skip";
    let { payload } = message;
    if ((enforcement || policies) && pending.timing !== RELAYED) {
      const fault = enforcement?.checkCall(pending.procedure, progress ? "progress" : "output", message);
      if (!fault && policies) payload = policies.result(resultOf(pending, progress), payload);
      if (isOver(pending)) return; // a schema or policy has ended a session
      if (fault) return endings.cancel(pending, { mode, error: fault });
    }
    if (progress) endings.startTimer(pending);
    else endings.answered(pending);
    const told = passthruOf(options);
    const details = progress ? { progress, ...told } : told;
    const { caller, call: request } = pending;
    const refusal =
      (isPassthru ? passthruRefusal(caller) : undefined) ??
      flow.admitResult(caller) ??
      caller.send({ type: "RESULT", request, details, payload });
    if (refusal) endings.cancel(pending, { mode, error: refusal });
    else if (!progress) watch.ended(pending);
    flow.answered(pending, progress ? undefined : payloadLength(payload));
  }

  /** Forwards a callee's error. `wamp.error.unavailable` reroutes the call to the next callee. */
  error(session: RealmSession, message: m.ErrorMessage): void {
    const { endings, rerouting, flow, watch } = this.#parts;
    if (message.requestType !== "INVOCATION") {
      throw new ProtocolViolation(`ERROR.requestType: a client answers INVOCATION only, got ${message.requestType}`);
    }
    const isPassthru = message.details.ppt_scheme !== undefined;
    if (isPassthru) checkPassthruAnswer(session, "ERROR.details");
    const pending = this.#answered(session, message);
    if (!pending) return;
    endings.answered(pending);
    if (message.error === UNAVAILABLE && mayRefuse(pending)) return rerouting.refused(pending);
    const details = passthruOf(message.details);
    const { caller, call: request } = pending;
    const refusal =
      (isPassthru ? passthruRefusal(caller) : undefined) ??
      flow.admitResult(caller) ??
      caller.send({ ...message, requestType: "CALL", request, details });
    if (refusal) endings.fail(pending, refusal);
    else watch.ended(pending, message.error);
    flow.answered(pending, payloadLength(message.payload));
  }

  /** Ends the call of an answer that could not be forwarded. */
  failed(session: RealmSession, answer: m.Yield | m.ErrorMessage, error: WampError): void {
    const { pending: calls, endings } = this.#parts;
    const pending = calls.ofCallee(session, answer.request);
    const goesOn = answer.type === "YIELD" && answer.options.progress === true;
    if (pending) endings.cancel(pending, { mode: goesOn ? "killnowait" : "skip", error });
  }

  /** Returns the call of an answer; `undefined` if it has ended, which the callee could not know. */
  #answered(session: RealmSession, { type, request }: m.Yield | m.ErrorMessage): PendingCall | undefined {
    const pending = this.#parts.pending.ofCallee(session, request);
    if (pending || this.#parts.pending.wasIssued(session, request)) return pending;
    throw new ProtocolViolation(`${type}.request: this session has never received an invocation ${request}`);
  }
}

function resultOf({ caller, callee, procedure }: PendingCall, progress: boolean): Omit<PolicyResult, "payload"> {
  return { caller: partyOf(caller), callee: partyOf(callee.session), uri: procedure, progress };
}

/** Returns whether `wamp.error.unavailable` reroutes a call. A call of another router is rerouted there. */
function mayRefuse({ callee: { session }, interrupted, timing }: PendingCall): boolean {
  return session.announces("callee", "call_reroute") && !interrupted && timing !== RELAYED;
}
