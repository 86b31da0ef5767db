import { WampError } from "../wire/error.js";
import { CANCELED, NO_AVAILABLE_CALLEE, NO_SUCH_PROCEDURE, UNAVAILABLE } from "../wire/uris.js";
import { type CallEndings, interrupt } from "./call-endings.js";
import type { CallFlow } from "./flow/call-flow.js";
import type { Invocations } from "./invocations.js";
import { canGoOn, isAwaited, type PendingCall, type Reroute } from "./pending-calls.js";
import type { Returned } from "./realm-link.js";
import type { RealmSession } from "./realm-session.js";
import type { Callee, Registration } from "./registration.js";
import type { Registrations } from "./registrations.js";
import { missingFeature } from "./routed-call.js";

/** The maximum number of times that a call is rerouted from a frozen or lost callee, since the call may be the cause. */
const MOST_DEPARTURES = 3;

/** The interface of rerouting to its dealer. */
export interface ReroutingHost {
  readonly endings: CallEndings;
  readonly registrations: Pick<Registrations, "matches">;
  readonly flow: CallFlow;
  readonly random: () => number;
  readonly invocations: Pick<Invocations, "begin">;
  isDraining(): boolean;
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
    this.#host.endings.fail(pending, noAvailableCallee());
  }

  /** Routes a call of a frozen or lost callee to the next available callee. Returns false if there is none. */
  goOn(pending: PendingCall): boolean {
    const { callee, registration, reroute } = pending;
    const { endings, flow, random, isDraining } = this.#host;
    if (!reroute || !isAwaited(pending) || !canGoOn(pending) || isDraining()) return false;
    if ((reroute.refused?.size ?? 0) >= MOST_DEPARTURES) return false;
    const refused = new Set(reroute.refused).add(callee.session);
    const next = pickInstead(registration, { ...reroute, refused }, random);
    if (!next || next.session.frozen || flow.admit(next.session)) return false;
    endings.drop(pending);
    interrupt(pending, "killnowait");
    this.#again(pending, { ...reroute, refused }, registration, next);
    return true;
  }

  /** Handles a call that another router returns because its callee has never received it. */
  returned(pending: PendingCall, why: Returned): void {
    if (!isAwaited(pending)) return; // it ends with its caller
    const { reroute } = pending;
    const { endings } = this.#host;
    if (!reroute || pending.interrupted)
      return endings.fail(pending, new WampError(CANCELED, { args: ["the callee has left"] }));
    if (why === "full")
      return endings.fail(pending, new WampError(UNAVAILABLE, { args: ["the callee reads too slowly"] }));
    if (why === "denied") {
      const denied = new Set(reroute.denied).add(pending.registration);
      return this.#anew(pending, { ...reroute, denied });
    }
    const refused = new Set(reroute.refused).add(pending.callee.session);
    if (refused.size > MOST_DEPARTURES) return endings.fail(pending, noAvailableCallee());
    this.#anew(pending, { ...reroute, refused });
  }

  /** Matches a call again, because its registration may have changed. */
  #anew(pending: PendingCall, reroute: Reroute): void {
    const { endings, registrations, flow, random } = this.#host;
    for (const registration of registrations.matches(pending.procedure)) {
      if (reroute.denied?.has(registration)) continue;
      const next = pickFrom(registration, reroute, random);
      if (!next) continue;
      const full = flow.admit(next.session);
      if (full) return endings.fail(pending, full);
      endings.drop(pending);
      return this.#again(pending, reroute, registration, next);
    }
    endings.fail(pending, new WampError(NO_SUCH_PROCEDURE, { args: ["the callee has left, and there is no other"] }));
  }

  #again(pending: PendingCall, reroute: Reroute, registration: Registration, callee: Callee): void {
    const { caller: answerTo, timing, dueMs } = pending;
    registration.advance(callee);
    this.#host.invocations.begin({ answerTo, ...reroute, registration, callee, timing, dueMs });
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
