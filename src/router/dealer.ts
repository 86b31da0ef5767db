import { excerpt } from "../wire/bytes.js";
import { ProtocolViolation, WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import { type CancelMode, type ErrorDetails, type PassthruKeys, passthruOf } from "../wire/options.js";
import type { Payload } from "../wire/payload.js";
import * as uris from "../wire/uris.js";
import { answerError } from "./answers.js";
import { type DepartureHost, Departures, GOING_DOWN } from "./departures.js";
import { checkDiscloseCaller, type Disclosure } from "./disclosure.js";
import type { CallPart, Enforcement } from "./enforcement.js";
import type { CallFlow } from "./flow/call-flow.js";
import { checkRealmLimit, checkSessionLimit } from "./limits.js";
import { type LinkedRegistrationHost, LinkedRegistrations } from "./linked-registrations.js";
import { keptCall, noTimer, type PendingCall, PendingCalls } from "./pending-calls.js";
import type { Policies, PolicyResult } from "./policy.js";
import type { Returned } from "./realm-link.js";
import { partyOf, type RealmSession, type Surroundings } from "./realm-session.js";
import type { Callee, Registration } from "./registration.js";
import { Registrations } from "./registrations.js";
import { RelayedCalls, type RelayHost } from "./relayed-calls.js";
import { checkLength, checkNotReserved, checkUri, requireInvocationPolicy, requireMatchPolicy } from "./requests.js";
import { Rerouting } from "./rerouting.js";
import {
  checkAnnounced,
  checkSupported,
  discloserOf,
  invocationDetails,
  isReroutable,
  type RoutedCall,
} from "./routed-call.js";
import { checkShardKey } from "./shards.js";
import { RELAYED } from "./timing.js";
import type { RealmWatch } from "./watch.js";

/** What a dealer holds calls to. */
export interface DealerConfig {
  /** The contracts that calls are held to, if any are. */
  readonly enforcement: Enforcement | undefined;
  /** Who is read and who waits. */
  readonly flow: CallFlow;
  /** Those that see results, if any do. */
  readonly policies: Policies | undefined;
  /** Who is told of calls. */
  readonly watch: RealmWatch;
}

/**
 * The dealer of one realm: who answers what, and which answer belongs to which call. Pure: it sends to sessions, and its
 * clock is handed in. A request it refuses throws `WampError` before any map has changed. Spec: "Remote Procedure Calls".
 */
export class Dealer {
  readonly registrations: Registrations;
  /** Calls of other routers. */
  readonly relayed: RelayedCalls;
  readonly #surroundings: Surroundings;
  readonly #config: DealerConfig;
  readonly #pending = new PendingCalls();
  #draining = false;
  /** Calls that were refused because the router goes down. */
  refusedCalls = 0;
  readonly #departures: Departures;
  readonly #rerouting: Rerouting;
  #linked: LinkedRegistrations | undefined;

  constructor(surroundings: Surroundings, config: DealerConfig) {
    this.#surroundings = surroundings;
    this.#config = config;
    this.registrations = new Registrations(surroundings);
    const { registrations } = this;
    const calls = {
      pending: this.#pending,
      flow: config.flow,
      registrations,
      watch: config.watch,
      isDraining: () => this.#draining,
      drop: (pending: PendingCall) => this.#drop(pending),
      fail: (...failed: Parameters<DepartureHost["fail"]>) => this.#fail(...failed),
      interrupt,
    };
    const sendInvocation = (...sent: Parameters<RelayHost["sendInvocation"]>) => this.#sendInvocation(...sent);
    this.relayed = new RelayedCalls({ ...calls, limits: surroundings.limits, sendInvocation });
    this.#rerouting = new Rerouting({
      ...calls,
      random: surroundings.random,
      matches: (procedure) => this.registrations.book.ranked(procedure).filter((each) => mayAnswer(each, procedure)),
      invoke: (call) => this.#invoke(call),
    });
    this.#departures = new Departures({ ...calls, rerouting: this.#rerouting }, surroundings);
  }

  /** From now on the realm is one with those of other routers. Called before anybody joins. */
  link(host: Omit<LinkedRegistrationHost, "registrations">): void {
    this.registrations.prefersOwn = host.link.prefersOwn;
    this.#linked = new LinkedRegistrations({ ...host, registrations: this.registrations });
  }

  /** What it holds now. */
  get stats(): Registrations["stats"] & PendingCalls["stats"] {
    return { ...this.registrations.stats, ...this.#pending.stats };
  }

  /**
   * Throws `wamp.error.invalid_uri`, `wamp.error.invalid_argument`, `wamp.error.option_not_allowed` or
   * `wamp.error.procedure_already_exists`.
   */
  register(session: RealmSession, message: m.Register, disclosure?: Disclosure): void {
    const { procedure, options } = message;
    const match = requireMatchPolicy(options.match);
    const invoke = requireInvocationPolicy(options.invoke);
    checkUri(procedure, this.#surroundings, match);
    checkNotReserved(procedure);
    checkDiscloseCaller(disclosure ?? session.grants.disclosure(procedure, "register"), options.disclose_caller);

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

  /** Calls under way go on. Throws `wamp.error.no_such_registration` for an ID the session does not hold. */
  unregister(session: RealmSession, message: m.Unregister): void {
    const registration = this.#requireRegistration(session, message.registration);
    if (this.#linked) return this.#linked.unregister(session, registration, message.request);
    this.registrations.remove(session, registration);
    session.send({ type: "UNREGISTERED", request: message.request });
  }

  /** Takes a session of this router out of a registration, and tells it where it can be told. Spec: "Registration Revocation". */
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
   * Routes a CALL to one callee of the registration that wins it, or goes on with a progressive one. A call that is refused has changed
   * nothing. Throws `wamp.error.no_such_procedure`, `wamp.error.unavailable` where the callee reads too slowly, and what its checks throw.
   */
  call(caller: RealmSession, message: m.Call, disclosure?: Disclosure): void {
    checkAnnounced(caller, message);
    const made = this.#pending.madeBy(caller);
    const pending = made?.calls.get(message.request);
    if (pending) return this.#continue(pending, message);
    // More of a progressive call that is over, which the caller could not know.
    if (made?.endedProgressive?.has(message.request)) return;

    if (this.#draining) {
      this.refusedCalls++;
      const error = new WampError(uris.UNAVAILABLE, { args: ["the router is going down"] });
      this.#config.watch.refused(error.uri);
      return answerError(caller, { requestType: "CALL", request: message.request }, error, GOING_DOWN);
    }
    const registration = this.#requireMatch(message.procedure);
    this.#checkPayload(message, "input");
    const discloser = discloserOf(caller, message, disclosure);
    const callee = this.#peek(registration, message);
    checkSupported(callee.session, message);
    checkSessionLimit(caller, "maxPendingCalls", { held: made?.calls.size ?? 0 });
    const { limits, elsewhere } = this.#surroundings;
    checkRealmLimit(limits, "maxPendingCalls", { held: this.#pending.size + elsewhere.pendingCalls });
    const refusal = this.#config.flow.admit(callee.session);
    if (refusal) throw refusal;

    registration.advance(callee);
    const timing = this.#config.watch.begin(this.#pending.size);
    this.#invoke({ answerTo: caller, message, discloser, registration, callee, refused: undefined, timing });
  }

  /**
   * Gives a call up. `skip` answers the caller at once and leaves the callee alone; `killnowait`, the default, interrupts
   * the callee as well; `kill` interrupts and lets the callee answer. A call that is unknown or over is ignored.
   */
  cancel(caller: RealmSession, message: m.Cancel): void {
    const pending = this.#pending.ofCaller(caller, message.request);
    if (!pending) return;
    const mode = message.options.mode ?? "killnowait";
    if (pending.interrupted && mode !== "killnowait") return; // only killnowait may supersede
    this.#cancel(pending, { mode, error: new WampError(uris.CANCELED, { args: ["canceled by the caller"] }) });
  }

  /** Passes a callee's result on; with `progress` the call goes on. */
  yield(session: RealmSession, message: m.Yield): void {
    const { options, payload } = message;
    if (options.ppt_scheme !== undefined && !session.announces("callee", "payload_passthru_mode")) {
      throw new ProtocolViolation("YIELD.options.ppt_scheme: this callee has not announced payload_passthru_mode");
    }
    const pending = this.#answered(session, message);
    if (!pending) return;
    const progress = options.progress === true;
    if (progress && (!pending.receivesProgress || pending.interrupted)) return;
    const isRelayed = pending.timing === RELAYED; // the caller's router looks at what it is given
    const fault = isRelayed ? undefined : this.#fault(pending.procedure, progress ? "progress" : "output", message);
    if (fault) return this.#cancel(pending, { mode: progress ? "killnowait" : "skip", error: fault });
    const policies = isRelayed ? undefined : this.#config.policies;
    const given = policies?.result(resultOf(pending, progress), payload) ?? payload;
    if (progress) this.#startTimer(pending);
    else this.#end(pending);
    if (options.ppt_scheme !== undefined && !pending.caller.announces("caller", "payload_passthru_mode")) {
      const error = new WampError(uris.FEATURE_NOT_SUPPORTED, {
        args: ["the caller has not announced payload_passthru_mode"],
      });
      return this.#cancel(pending, { mode: progress ? "killnowait" : "skip", error });
    }
    const told = passthruOf(options);
    const details = progress ? { progress, ...told } : told;
    const { caller } = pending;
    const refusal =
      this.#config.flow.admitResult(caller) ??
      caller.send({ type: "RESULT", request: pending.call, details, payload: given });
    if (refusal) this.#cancel(pending, { mode: progress ? "killnowait" : "skip", error: refusal });
    else if (!progress) this.#config.watch.ended(pending);
    this.#config.flow.answered(pending, progress ? undefined : given.byteLength);
  }

  /** Passes a callee's error on, as it came; one that says `wamp.error.unavailable` sends the call to the next callee. */
  error(session: RealmSession, message: m.ErrorMessage): void {
    if (message.requestType !== "INVOCATION") {
      throw new ProtocolViolation(`ERROR.requestType: a client answers INVOCATION only, got ${message.requestType}`);
    }
    const pending = this.#answered(session, message);
    if (!pending) return;
    this.#end(pending);
    if (message.error === uris.UNAVAILABLE && mayRefuse(pending)) return this.#rerouting.refused(pending);
    const details = passthruOf(message.details);
    const { caller, call } = pending;
    const refusal =
      this.#config.flow.admitResult(caller) ?? caller.send({ ...message, requestType: "CALL", request: call, details });
    if (refusal) this.#fail(pending, refusal);
    else this.#config.watch.ended(pending, message.error);
    this.#config.flow.answered(pending, message.payload.byteLength);
  }

  /** Another router gives a call back that its callee has never had, by INVOCATION.Request. */
  returned(callee: RealmSession, invocation: Id, why: Returned): void {
    const pending = this.#pending.ofCallee(callee, invocation);
    if (pending) this.#rerouting.returned(pending, why);
  }

  /** A callee of another router has left, and calls above an INVOCATION.Request have never come to it. */
  returnedAbove(callee: RealmSession, reached: Id): void {
    for (const pending of [...this.#pending.heldBy(callee)])
      if (pending.invocation > reached) this.#rerouting.returned(pending, "gone");
  }

  /** Ends the call that an answer belongs to, because the answer could not be passed on. */
  failAnswer(session: RealmSession, answer: m.Yield | m.ErrorMessage, error: WampError): void {
    const pending = this.#pending.ofCallee(session, answer.request);
    const goesOn = answer.type === "YIELD" && answer.options.progress === true;
    if (pending) this.#cancel(pending, { mode: goesOn ? "killnowait" : "skip", error });
  }

  /** Ends the call under way that a refused CALL was to go on with. False where there is none. */
  failCall(caller: RealmSession, call: Id, error: WampError): boolean {
    const pending = this.#pending.ofCaller(caller, call);
    if (pending) this.#cancel(pending, { mode: "killnowait", error });
    return pending !== undefined;
  }

  /** How many calls of some callers are under way. */
  callsOf(callers: Iterable<RealmSession>): number {
    let count = 0;
    for (const caller of callers) count += this.#pending.madeBy(caller)?.calls.size ?? 0;
    return count;
  }

  /** Whether a session has yet to answer a call. */
  owesAnswer(session: RealmSession): boolean {
    return this.#pending.owesAnswer(session);
  }

  /** Passes a callee over from now on, or no longer. The calls it holds that may be made twice go to others. */
  freeze(session: RealmSession, isFrozen: boolean): void {
    session.frozen = isFrozen;
    if (isFrozen) this.#departures.frozen(session);
  }

  /** Refuses new calls from now on. Calls back, once, when those under way have had their last answer. */
  drain(callback: () => void): void {
    this.#draining = true;
    this.#pending.onceIdle(callback);
  }

  /** All sessions end from now on. Their calls end with them: no caller is told that its callee is gone before. */
  close(): void {
    this.#departures.close();
  }

  /** Undoes all that a session holds here: its registrations, the calls it made and those it was to answer. */
  leave(session: RealmSession): void {
    this.registrations.leave(session);
    this.#departures.leave(session);
  }

  /** Throws what a contract says against a caller's payload. */
  #checkPayload(message: m.Call, part: CallPart): void {
    const fault = this.#fault(message.procedure, part, message);
    if (fault) throw fault;
  }

  #fault(
    procedure: string,
    part: CallPart,
    { options, payload }: { readonly options: PassthruKeys; readonly payload: Payload },
  ): WampError | undefined {
    const { enforcement } = this.#config;
    if (!enforcement || options.ppt_scheme !== undefined) return undefined; // what is passed through cannot be read
    return enforcement.checkCall(procedure, part, payload);
  }

  /** The registration that wins a URI, of those whose callees may all have it. What is below `wamp.` goes to no callee. */
  match(procedure: string): Registration | undefined {
    if (uris.isReserved(procedure)) return undefined;
    const registration = this.registrations.book.best(procedure);
    if (!registration || registration.match === "exact" || mayAnswer(registration, procedure)) return registration;
    return this.registrations.book.ranked(procedure).find((each) => mayAnswer(each, procedure));
  }

  /** The registration that wins a call. */
  #requireMatch(procedure: string): Registration {
    checkLength(procedure, this.#surroundings.limits);
    const registration = this.match(procedure);
    if (registration?.match !== "exact") checkUri(procedure, this.#surroundings); // an exact one was checked
    if (registration) return registration;
    throw new WampError(uris.NO_SUCH_PROCEDURE, { args: [`no callee has registered "${excerpt(procedure)}"`] });
  }

  #peek(registration: Registration, { options }: m.Call): Callee {
    if (options.runmode === undefined) return registration.peek(this.#surroundings.random);
    if (options.runmode !== "partition") throw invalidOption('options.runmode: expected "partition"');
    if (options.rkey === undefined) throw invalidOption('options.rkey: runmode "partition" needs one');
    checkShardKey("rkey", options.rkey);
    return registration.pickFor(options.rkey);
  }

  #invoke(call: RoutedCall): void {
    const { answerTo, message, discloser, registration, callee, refused, denied } = call;
    const { options } = message;
    const pending: PendingCall = {
      caller: answerTo,
      call: message.request,
      procedure: message.procedure,
      callee,
      invocation: this.#pending.nextInvocation(callee.session),
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
      expectedBytes: 0,
      expectedIn: 0,
      callerSide: undefined,
      calleeSide: undefined,
    };
    this.#pending.add(pending);
    this.#startTimer(pending);
    this.#sendInvocation(pending, message.payload);
  }

  /** Another part of a progressive call: it goes where the first went, under the first one's options. */
  #continue(pending: PendingCall, message: m.Call): void {
    if (!pending.open) {
      throw new ProtocolViolation(`CALL.request: ${message.request} is the request of a call that is still under way`);
    }
    const otherwise = message.procedure === pending.procedure ? undefined : anotherProcedure(pending, message);
    const fault = otherwise ?? (isEnd(message) ? undefined : this.#fault(pending.procedure, "chunk", message));
    const refusal = fault ?? this.#config.flow.admit(pending.callee.session);
    if (refusal) return this.#cancel(pending, { mode: "killnowait", error: refusal });
    this.#pending.forgetMessage(pending); // what was sent before cannot be sent again
    pending.open = message.options.progress === true;
    this.#startTimer(pending);
    this.#sendInvocation(pending, message.payload, true);
  }

  /** `goesOn` says that the callee has had a part of this call before. */
  #sendInvocation(pending: PendingCall, payload: Payload, goesOn = false): void {
    const refusal = pending.callee.session.send({
      type: "INVOCATION",
      request: pending.invocation,
      registration: pending.registration.id,
      details: pending.open ? { ...pending.details, progress: true } : pending.details,
      payload,
    });
    if (refusal) this.#cancel(pending, { mode: goesOn ? "killnowait" : "skip", error: refusal });
    else this.#config.flow.invoked(pending);
  }

  /** The call an answer belongs to; `undefined` where it is over, which the callee could not know. */
  #answered(session: RealmSession, message: m.Yield | m.ErrorMessage): PendingCall | undefined {
    const pending = this.#pending.ofCallee(session, message.request);
    if (pending || this.#pending.wasIssued(session, message.request)) return pending;
    throw new ProtocolViolation(
      `${message.type}.request: this session was never given an invocation ${message.request}`,
    );
  }

  #cancel(pending: PendingCall, how: { readonly mode: CancelMode; readonly error: WampError }): void {
    const interruptible = pending.callee.session.announces("callee", "call_canceling");
    if (how.mode === "kill" && interruptible) {
      pending.interrupted = true;
      interrupt(pending, "kill");
      return;
    }
    this.#fail(pending, how.error);
    if (!pending.interrupted || pending.callee.session.node !== undefined) interrupt(pending, how.mode);
  }

  #startTimer(pending: PendingCall): void {
    pending.stopTimer();
    if (pending.timeoutMs === 0) return;
    const error = new WampError(uris.TIMEOUT, { args: [`no answer within ${pending.timeoutMs} ms`] });
    pending.stopTimer = this.#surroundings.clock.after(pending.timeoutMs, () =>
      this.#cancel(pending, { mode: "killnowait", error }),
    );
  }

  /** Takes out a call that its callee has answered. */
  #end(pending: PendingCall): void {
    this.#drop(pending);
    pending.callee.session.flow?.endedCall();
  }

  /** Takes a call out that nobody is told of. */
  #drop(pending: PendingCall): void {
    this.#pending.remove(pending);
    this.#config.flow.over(pending);
  }

  #fail(pending: PendingCall, error: WampError, details?: ErrorDetails): void {
    this.#drop(pending);
    this.#config.watch.ended(pending, error.uri);
    answerError(pending.caller, { requestType: "CALL", request: pending.call }, error, details);
  }

  #requireRegistration(session: RealmSession, id: Id): Registration {
    const registration = this.registrations.find(session, id);
    if (registration) return registration;
    throw new WampError(uris.NO_SUCH_REGISTRATION, { args: [`this session holds no registration ${id}`] });
  }
}

/** Whether each callee of a registration may have a URI. */
function mayAnswer({ callees }: Registration, procedure: string): boolean {
  return callees.every(({ session: { grants } }) => grants.permissions?.allows("register", procedure) !== false);
}

function resultOf({ caller, callee, procedure }: PendingCall, progress: boolean): Omit<PolicyResult, "payload"> {
  return { caller: partyOf(caller), callee: partyOf(callee.session), uri: procedure, progress };
}

/** A part is asked about under the URI that it names, so it must name the one that it goes to. */
function anotherProcedure({ procedure }: PendingCall, { procedure: named }: m.Call): WampError {
  const words = `a part of a call of "${excerpt(procedure)}" names "${excerpt(named)}"`;
  return new WampError(uris.INVALID_ARGUMENT, { args: [words] });
}

/** Whether a part of a progressive call only says that there are no more. */
function isEnd({ options, payload }: m.Call): boolean {
  return !options.progress && payload.isEmpty;
}

/** Tells a callee that a call was given up, where it can be told. Its router is told in any case, if it is another one. */
function interrupt({ callee: { session }, invocation }: PendingCall, mode: CancelMode): void {
  if (session.node === undefined && (mode === "skip" || !session.announces("callee", "call_canceling"))) return;
  session.send({ type: "INTERRUPT", request: invocation, options: { mode } });
}

/** Whether an error that says `wamp.error.unavailable` sends a call to another callee. That of another router is rerouted there. */
function mayRefuse({ callee: { session }, interrupted, timing }: PendingCall): boolean {
  return session.announces("callee", "call_reroute") && !interrupted && timing !== RELAYED;
}

function invalidOption(what: string): WampError {
  return new WampError(uris.INVALID_ARGUMENT, { args: [what] });
}
