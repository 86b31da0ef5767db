import { excerpt } from "../wire/bytes.js";
import { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import * as uris from "../wire/uris.js";
import { answerError } from "./answers.js";
import { CallAnswers } from "./call-answers.js";
import { CallEndings } from "./call-endings.js";
import { Departures, GOING_DOWN } from "./departures.js";
import { checkDiscloseCaller, type Disclosure } from "./disclosure.js";
import type { Enforcement } from "./enforcement.js";
import type { CallFlow } from "./flow/call-flow.js";
import { Invocations } from "./invocations.js";
import { checkRealmLimit, checkSessionLimit } from "./limits.js";
import { type LinkedRegistrationHost, LinkedRegistrations } from "./linked-registrations.js";
import { PendingCalls } from "./pending-calls.js";
import type { Policies } from "./policy.js";
import type { Returned } from "./realm-link.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import type { Callee, Registration } from "./registration.js";
import { Registrations } from "./registrations.js";
import { RelayedCalls } from "./relayed-calls.js";
import { checkLength, checkNotReserved, checkUri, requireInvocationPolicy, requireMatchPolicy } from "./requests.js";
import { Rerouting } from "./rerouting.js";
import { checkAnnounced, checkSupported, discloserOf } from "./routed-call.js";
import { checkShardKey } from "./shards.js";
import type { RealmWatch } from "./watch.js";

/** The parts of a dealer. */
export interface DealerConfig {
  /** Validates calls against contracts, if any. */
  readonly enforcement: Enforcement | undefined;
  /** Decides who is read and who waits. */
  readonly flow: CallFlow;
  /** The policies for results, if any. */
  readonly policies: Policies | undefined;
  /** Receives information about calls. */
  readonly watch: RealmWatch;
}

/**
 * The dealer of one realm. It routes calls to callees and answers to callers. It is pure: it sends messages to sessions, and its
 * clock is passed in. It throws `WampError` for a refused request before any state has changed. Spec: "Remote Procedure Calls".
 *
 * It checks a call and picks its callee. `Invocations` sends the call there, `CallAnswers` returns the answer, and `CallEndings` ends
 * the call otherwise: by cancellation, timeout or an error. `Rerouting` and `Departures` handle callees that refuse or are gone.
 */
export class Dealer {
  readonly registrations: Registrations;
  /** The answers of callees. */
  readonly answers: CallAnswers;
  /** The calls from other routers. */
  readonly relayed: RelayedCalls;
  readonly #surroundings: Surroundings;
  readonly #config: DealerConfig;
  readonly #pending = new PendingCalls();
  #draining = false;
  /** The number of calls refused because the router is shutting down. */
  refusedCalls = 0;
  readonly #endings: CallEndings;
  readonly #invocations: Invocations;
  readonly #departures: Departures;
  readonly #rerouting: Rerouting;
  #linked: LinkedRegistrations | undefined;

  constructor(surroundings: Surroundings, config: DealerConfig) {
    this.#surroundings = surroundings;
    this.#config = config;
    const { flow, watch, enforcement, policies } = config;
    const { random, clock, limits } = surroundings;
    const pending = this.#pending;
    const registrations = new Registrations(surroundings);
    const endings = new CallEndings({ pending, flow, watch, clock });
    const invocations = new Invocations({ pending, endings, flow, enforcement });
    const calls = { pending, endings, invocations, registrations, flow, watch, isDraining: () => this.#draining };
    const rerouting = new Rerouting({ ...calls, random });
    this.registrations = registrations;
    this.answers = new CallAnswers({ ...calls, rerouting, enforcement, policies });
    this.relayed = new RelayedCalls({ ...calls, limits });
    this.#endings = endings;
    this.#invocations = invocations;
    this.#rerouting = rerouting;
    this.#departures = new Departures({ ...calls, rerouting }, surroundings);
  }

  /** Links the realm to those of other routers. Called before any session joins. */
  link(host: Omit<LinkedRegistrationHost, "registrations">): void {
    this.registrations.prefersOwn = host.link.prefersOwn;
    this.#linked = new LinkedRegistrations({ ...host, registrations: this.registrations });
  }

  /** The current numbers of registrations, callees and pending calls. */
  get stats(): Registrations["stats"] & PendingCalls["stats"] {
    return { ...this.registrations.stats, ...this.#pending.stats };
  }

  /**
   * Registers a procedure. Throws `wamp.error.invalid_uri`, `wamp.error.invalid_argument`, `wamp.error.option_not_allowed` or
   * `wamp.error.procedure_already_exists`.
   */
  register(session: RealmSession, message: m.Register, disclosure?: Disclosure): void {
    const { procedure, options } = message;
    const match = requireMatchPolicy(options.match);
    const invoke = requireInvocationPolicy(options.invoke);
    checkUri(procedure, this.#surroundings, match);
    checkNotReserved(procedure);
    checkDiscloseCaller(disclosure ?? session.grants.disclosure(procedure, "register"), options.disclose_caller);
    if (session.hasLeft) return; // the disclosure function has ended it

    const callee: Callee = {
      session,
      discloseCaller: options.disclose_caller === true,
      forwardTimeout: options.forward_timeout === true && session.announces("callee", "call_timeout"),
    };
    const asked = { procedure, match, invoke, callee };
    if (this.#linked) return this.#linked.register(message, asked);
    const registration = this.registrations.add(asked);
    session.send({ type: "REGISTERED", request: message.request, registration: registration.id });
  }

  /**
   * Removes a registration. Pending calls continue. Throws `wamp.error.no_such_registration` if the session does not have
   * the ID.
   */
  unregister(session: RealmSession, message: m.Unregister): void {
    const registration = this.#requireRegistration(session, message.registration);
    if (this.#linked) return this.#linked.unregister(session, registration, message.request);
    this.registrations.remove(session, registration);
    session.send({ type: "UNREGISTERED", request: message.request });
  }

  /**
   * Removes a session of this router from a registration, and notifies it if it supports that. Spec: "Registration
   * Revocation".
   */
  revoke(session: RealmSession, registration: Id, reason: string | undefined): void {
    const from = this.#requireRegistration(session, registration);
    if (this.#linked) this.#linked.remove(session, from);
    else this.registrations.remove(session, from);
    if (!session.announces("callee", "registration_revocation")) return;
    session.send({
      type: "UNREGISTERED",
      request: 0,
      details: { registration, ...(reason !== undefined && { reason }) },
    });
  }

  /**
   * Routes a CALL to one callee of the best-matching registration, or continues a progressive call. A refused call changes no
   * state. Throws `wamp.error.no_such_procedure`, `wamp.error.unavailable` if the callee reads too slowly, and the errors of its
   * checks.
   */
  call(caller: RealmSession, message: m.Call, disclosure?: Disclosure): void {
    checkAnnounced(caller, message);
    const made = this.#pending.madeBy(caller);
    const pending = made?.calls.get(message.request);
    if (pending) return this.#invocations.continue(pending, message);
    // Another part of a progressive call that has ended, which the caller could not know.
    if (made?.endedProgressive?.has(message.request)) return;

    if (this.#draining) {
      this.refusedCalls++;
      const error = new WampError(uris.UNAVAILABLE, { args: ["the router is shutting down"] });
      this.#config.watch.refused(error.uri);
      return answerError(caller, { requestType: "CALL", request: message.request }, error, GOING_DOWN);
    }
    const matched = this.#requireMatch(message.procedure);
    const fault = this.#config.enforcement?.checkCall(message.procedure, "input", message);
    if (fault) throw fault;
    const discloser = discloserOf(caller, message, disclosure);
    if (caller.hasLeft) return; // a schema, disclosure or trust level of the application has ended it
    const registration = matched.leftBy ? this.#requireMatch(message.procedure) : matched;
    const callee = this.#peek(registration, message);
    checkSupported(callee.session, message);
    checkSessionLimit(caller, "maxPendingCalls", { held: made?.calls.size ?? 0 });
    const { limits, elsewhere } = this.#surroundings;
    checkRealmLimit(limits, "maxPendingCalls", { held: this.#pending.size + elsewhere.pendingCalls });
    const refusal = this.#config.flow.admit(callee.session);
    if (refusal) throw refusal;

    registration.advance(callee);
    const timing = this.#config.watch.begin(this.#pending.size);
    this.#invocations.begin({ answerTo: caller, message, discloser, registration, callee, refused: undefined, timing });
  }

  /**
   * Cancels a call. `skip` answers the caller at once and does not notify the callee. `killnowait`, the default, also interrupts
   * the callee. `kill` interrupts the callee and waits for its answer. An unknown or finished call is ignored.
   */
  cancel(caller: RealmSession, message: m.Cancel): void {
    const pending = this.#pending.ofCaller(caller, message.request);
    if (!pending) return;
    const mode = message.options.mode ?? "killnowait";
    if (pending.interrupted && mode !== "killnowait") return; // only killnowait may supersede
    this.#endings.cancel(pending, { mode, error: new WampError(uris.CANCELED, { args: ["canceled by the caller"] }) });
  }

  /** Handles a call that another router returns because its callee has never received it. `invocation` is INVOCATION.Request. */
  returned(callee: RealmSession, invocation: Id, why: Returned): void {
    const pending = this.#pending.ofCallee(callee, invocation);
    if (pending) this.#rerouting.returned(pending, why);
  }

  /** Handles the calls above `reached`, which a leaving callee of another router has never received. */
  returnedAbove(callee: RealmSession, reached: Id): void {
    for (const pending of [...this.#pending.heldBy(callee)])
      if (pending.invocation > reached) this.#rerouting.returned(pending, "gone");
  }

  /** Ends the pending call that a refused CALL was to continue. Returns false if there is none. */
  failCall(caller: RealmSession, call: Id, error: WampError): boolean {
    const pending = this.#pending.ofCaller(caller, call);
    if (pending) this.#endings.cancel(pending, { mode: "killnowait", error });
    return pending !== undefined;
  }

  /** Returns the number of pending calls of the given callers. */
  callsOf(callers: Iterable<RealmSession>): number {
    let count = 0;
    for (const caller of callers) count += this.#pending.madeBy(caller)?.calls.size ?? 0;
    return count;
  }

  /** Returns whether a session has a pending invocation. */
  owesAnswer(session: RealmSession): boolean {
    return this.#pending.owesAnswer(session);
  }

  /** Excludes a frozen callee from new calls, or includes it again. Its idempotent calls are rerouted. */
  freeze(session: RealmSession, isFrozen: boolean): void {
    session.frozen = isFrozen;
    if (isFrozen) this.#departures.frozen(session);
  }

  /** Refuses new calls from now on. Calls back once, when the last pending call has ended. */
  drain(callback: () => void): void {
    this.#draining = true;
    this.#pending.onceIdle(callback);
  }

  /** Prepares for the end of all sessions. Callers are not told about their callees, since their sessions end as well. */
  close(): void {
    this.#departures.close();
  }

  /** Removes all state of a session: its registrations, its calls and its pending invocations. */
  leave(session: RealmSession): void {
    this.registrations.leave(session);
    this.#departures.leave(session);
  }

  /** Returns the registration for a call. */
  #requireMatch(procedure: string): Registration {
    checkLength(procedure, this.#surroundings.limits);
    const registration = this.registrations.match(procedure);
    if (registration?.match !== "exact") checkUri(procedure, this.#surroundings); // an exact match is a checked URI
    if (registration) return registration;
    throw new WampError(uris.NO_SUCH_PROCEDURE, { args: [`no callee is registered for "${excerpt(procedure)}"`] });
  }

  #peek(registration: Registration, { options }: m.Call): Callee {
    if (options.runmode === undefined) return registration.peek(this.#surroundings.random);
    if (options.runmode !== "partition") throw invalidOption('options.runmode: expected "partition"');
    if (options.rkey === undefined) throw invalidOption('options.rkey: required with runmode "partition"');
    checkShardKey("rkey", options.rkey);
    return registration.pickFor(options.rkey);
  }

  #requireRegistration(session: RealmSession, id: Id): Registration {
    const registration = this.registrations.find(session, id);
    if (registration) return registration;
    throw new WampError(uris.NO_SUCH_REGISTRATION, { args: [`this session does not have the registration ${id}`] });
  }
}

function invalidOption(what: string): WampError {
  return new WampError(uris.INVALID_ARGUMENT, { args: [what] });
}
