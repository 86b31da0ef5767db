import { ProtocolViolation, WampError } from "../wire/error.js";
import { EMPTY_DICT } from "../wire/fields.js";
import type * as m from "../wire/messages.js";
import { type InvocationDetails, type Mutable, passthruOf } from "../wire/options.js";
import { traceContextOf } from "../wire/trace-context.js";
import { FEATURE_NOT_SUPPORTED } from "../wire/uris.js";
import { checkDisclosure, type Discloser, type Disclosure, isDisclosed } from "./disclosure.js";
import { isRepeatable } from "./pending-calls.js";
import type { RealmSession } from "./realm-session.js";
import type { Callee, Registration } from "./registration.js";
import type { Timing } from "./timing.js";

const PASSTHRU = "payload_passthru_mode";

/** A call that is being routed to a callee. */
export interface RoutedCall {
  readonly answerTo: RealmSession;
  readonly message: m.Call;
  readonly discloser: Discloser;
  readonly registration: Registration;
  readonly callee: Callee;
  /** The callees that have refused it; `undefined` if none has. */
  readonly refused: Set<RealmSession> | undefined;
  /** Registrations whose callees may not receive it. */
  readonly denied?: ReadonlySet<Registration> | undefined;
  /** When it was made, for metrics. */
  readonly timing: Timing;
  /** When a call that had another callee before times out, in milliseconds since 1970; `undefined` if it does not. */
  readonly dueMs?: number | undefined;
}

/** Returns whether a call may be rerouted to another callee of the registration. */
export function isReroutable({ registration, callee, message }: RoutedCall): boolean {
  if (callee.session.node !== undefined) return true; // it may have left by now
  if (registration.invoke === "single") return false;
  return callee.session.announces("callee", "call_reroute") || isRepeatable(message.options);
}

/** Throws `ProtocolViolation` if a caller uses a feature that it has not announced. */
export function checkAnnounced(caller: RealmSession, { options }: m.Call): void {
  if (options.progress && !isProgressiveCaller(caller)) {
    throw new ProtocolViolation("CALL.options.progress: this caller has not announced progressive_call_invocations");
  }
  if (options.ppt_scheme !== undefined && !caller.announces("caller", PASSTHRU)) {
    throw new ProtocolViolation(`CALL.options.ppt_scheme: this caller has not announced ${PASSTHRU}`);
  }
}

function isProgressiveCaller(caller: RealmSession): boolean {
  return caller.announces("caller", "progressive_call_invocations");
}

/** Throws `ProtocolViolation` if a callee that answers with a passthru payload has not announced it. `where` has its keys. */
export function checkPassthruAnswer(callee: RealmSession, where: "YIELD.options" | "ERROR.details"): void {
  if (callee.announces("callee", PASSTHRU)) return;
  throw new ProtocolViolation(`${where}.ppt_scheme: this callee has not announced ${PASSTHRU}`);
}

/** Returns the error for a caller that cannot read a passthru answer; `undefined` if it can. */
export function passthruRefusal(caller: RealmSession): WampError | undefined {
  if (caller.announces("caller", PASSTHRU)) return undefined;
  return new WampError(FEATURE_NOT_SUPPORTED, { args: [`the caller has not announced ${PASSTHRU}`] });
}

/** Throws `wamp.error.feature_not_supported` if a callee does not support a feature that the call needs. */
export function checkSupported(callee: RealmSession, call: m.Call): void {
  const missing = missingFeature(callee, call);
  if (missing === undefined) return;
  throw new WampError(FEATURE_NOT_SUPPORTED, { args: [`the callee has not announced ${missing}`] });
}

/** Returns a feature that a call needs of its callee and that the callee has not announced; `undefined` if there is none. */
export function missingFeature(callee: RealmSession, { options }: Pick<m.Call, "options">): string | undefined {
  if (options.progress) {
    if (!callee.announces("callee", "progressive_call_invocations")) return "progressive_call_invocations";
    if (!callee.announces("callee", "call_canceling")) return "call_canceling";
  }
  return options.ppt_scheme === undefined || callee.announces("callee", PASSTHRU) ? undefined : PASSTHRU;
}

export function discloserOf(
  caller: RealmSession,
  { procedure, options }: m.Call,
  decided: Disclosure | undefined,
): Discloser {
  const disclosure = decided ?? caller.grants.disclosure(procedure, "call");
  checkDisclosure(disclosure, options.disclose_me);
  return { who: caller, disclosure, trustlevel: caller.grants.trustLevel(procedure, "call") };
}

/** Returns the details of an INVOCATION. The procedure is only needed for patterns, and the caller only if it is disclosed. */
export function invocationDetails({ message, discloser, registration, callee }: RoutedCall): InvocationDetails {
  const { procedure, options } = message;
  const { who, disclosure, trustlevel } = discloser;
  const isDisclosing = isDisclosed(disclosure, options.disclose_me || callee.discloseCaller);
  if (options === EMPTY_DICT && registration.match === "exact" && !isDisclosing && trustlevel === undefined)
    return EMPTY_DICT;
  const details: Mutable<InvocationDetails> = {};
  if (options.ppt_scheme !== undefined) Object.assign(details, passthruOf(options));
  if (options._traceparent !== undefined) Object.assign(details, traceContextOf(options));
  if (registration.match !== "exact") details.procedure = procedure;
  if (isDisclosing) {
    details.caller = who.id;
    details.caller_authid = who.authid;
    details.caller_authrole = who.authrole;
  }
  if (trustlevel !== undefined) details.trustlevel = trustlevel;
  if (options.receive_progress && callee.session.announces("callee", "progressive_call_results"))
    details.receive_progress = true;
  if (callee.forwardTimeout && options.timeout) details.timeout = options.timeout;
  return details;
}
