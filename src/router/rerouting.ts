import { WampError } from "../wire/error.js";
import { CANCELED, NO_AVAILABLE_CALLEE, NO_SUCH_PROCEDURE, UNAVAILABLE } from "../wire/uris.js";
import type { CallFlow } from "./flow/call-flow.js";
import { canGoOn, type PendingCall, type PendingCalls, type Reroute } from "./pending-calls.js";
import type { Returned } from "./realm-link.js";
import type { RealmSession } from "./realm-session.js";
import type { Callee, Registration } from "./registration.js";
import { missingFeature, type RoutedCall } from "./routed-call.js";

/** The maximum number of times that a call is rerouted from a frozen or lost callee, since the call may be the cause. */
const MOST_DEPARTURES = 3;

/** The interface of rerouting to its dealer. */
export interface ReroutingHost {
  readonly pending: PendingCalls;
  readonly flow: CallFlow;
  readonly random: () => number;
  isDraining(): boolean;
  /** Returns the registrations that match a procedure, best first. */
  matches(procedure: string): Iterable<Registration>;
  invoke(call: RoutedCall): void;
  interrupt(pending: PendingCall, mode: "killnowait"): void;
  /** Removes a call and answers its caller with an error. */
  fail(pending: PendingCall, error: WampError): void;
}

/** Moves calls from their callee to another one. */
export class Rerouting {
  readonly #host: ReroutingHost;

  constructor(host: ReroutingHost) {
    this.#host = host;
  }

  /** Routes a call that its callee has refused to the next callee. The call is already removed from the pending calls. */
  refused(pending: PendingCall): void {
    const { registration, reroute } = pending;
    const refused = (reroute?.refused ?? new Set<RealmSession>()).add(pending.callee.session);
    const next = reroute && pickInstead(registration, { ...reroute, refused }, this.#host.random);
    if (reroute && next) return this.#again(pending, { ...reroute, refused }, registration, next);
    this.#host.fail(pending, noAvailableCallee());
  }

  /** Routes a call of a frozen or lost callee to the next available callee. Returns false if there is none. */
  goOn(pending: PendingCall): boolean {
    const { callee, registration, reroute } = pending;
    const { flow, random, isDraining, interrupt } = this.#host;
    if (!reroute || !canGoOn(pending) || isDraining()) return false;
    if ((reroute.refused?.size ?? 0) >= MOST_DEPARTURES) return false;
    const refused = new Set(reroute.refused).add(callee.session);
    const next = pickInstead(registration, { ...reroute, refused }, random);
    if (!next || next.session.frozen || flow.admit(next.session)) return false;
    this.#takeOut(pending);
    interrupt(pending, "killnowait");
    this.#again(pending, { ...reroute, refused }, registration, next);
    return true;
  }

  /** Handles a call that another router returns because its callee has never received it. */
  returned(pending: PendingCall, why: Returned): void {
    const { reroute } = pending;
    const { fail } = this.#host;
    if (!reroute || pending.interrupted)
      return fail(pending, new WampError(CANCELED, { args: ["the callee has left"] }));
    if (why === "full") return fail(pending, new WampError(UNAVAILABLE, { args: ["the callee reads too slowly"] }));
    if (why === "denied") {
      const denied = new Set(reroute.denied).add(pending.registration);
      return this.#anew(pending, { ...reroute, denied });
    }
    const refused = new Set(reroute.refused).add(pending.callee.session);
    if (refused.size > MOST_DEPARTURES) return fail(pending, noAvailableCallee());
    this.#anew(pending, { ...reroute, refused });
  }

  /** Matches a call again, because its registration may have changed. */
  #anew(pending: PendingCall, reroute: Reroute): void {
    const { flow, matches, random, fail } = this.#host;
    for (const registration of matches(pending.procedure)) {
      if (reroute.denied?.has(registration)) continue;
      const next = pickFrom(registration, reroute, random);
      if (!next) continue;
      const full = flow.admit(next.session);
      if (full) return fail(pending, full);
      this.#takeOut(pending);
      return this.#again(pending, reroute, registration, next);
    }
    fail(pending, new WampError(NO_SUCH_PROCEDURE, { args: ["the callee has left, and there is no other"] }));
  }

  #takeOut(pending: PendingCall): void {
    this.#host.pending.remove(pending);
    this.#host.flow.over(pending);
  }

  #again(pending: PendingCall, reroute: Reroute, registration: Registration, callee: Callee): void {
    const { caller: answerTo, timing, dueMs } = pending;
    registration.advance(callee);
    this.#host.invoke({ answerTo, ...reroute, registration, callee, timing, dueMs });
  }
}

/** Returns the callee by the policy, or another one if that callee is gone. */
function pickFrom(registration: Registration, reroute: Reroute, random: () => number): Callee | undefined {
  const { options } = reroute.message;
  const picked = options.runmode === "partition" ? registration.pickFor(options.rkey ?? "") : registration.peek(random);
  return mayTake(picked.session, reroute) ? picked : pickInstead(registration, reroute, random);
}

/** Returns another callee that can serve the call and has not refused it. */
function pickInstead(registration: Registration, reroute: Reroute, random: () => number): Callee | undefined {
  return registration.pickInstead((session) => mayTake(session, reroute), random);
}

function mayTake(session: RealmSession, { message, refused }: Reroute): boolean {
  return !refused?.has(session) && missingFeature(session, message) === undefined;
}

function noAvailableCallee(): WampError {
  return new WampError(NO_AVAILABLE_CALLEE, { args: ["no callee is available for this call"] });
}
