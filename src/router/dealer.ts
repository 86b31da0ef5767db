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
import { isOver, keptCall, noTimer, type PendingCall, PendingCalls } from "./pending-calls.js";
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
  checkPassthruAnswer,
  checkSupported,
  discloserOf,
  invocationDetails,
  isReroutable,
  passthruRefusal,
  type RoutedCall,
} from "./routed-call.js";
import { checkShardKey } from "./shards.js";
import { RELAYED } from "./timing.js";
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
 */
export class Dealer {
  readonly registrations: Registrations;
  /** The calls from other routers. */
  readonly relayed: RelayedCalls;
  readonly #surroundings: Surroundings;
  readonly #config: DealerConfig;
  readonly #pending = new PendingCalls();
  #draining = false;
  /** The number of calls refused because the router is shutting down. */
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
    if (pending) return this.#continue(pending, message);
    // Another part of a progressive call that has ended, which the caller could not know.
    if (made?.endedProgressive?.has(message.request)) return;

    if (this.#draining) {
      this.refusedCalls++;
      const error = new WampError(uris.UNAVAILABLE, { args: ["the router is shutting down"] });
      this.#config.watch.refused(error.uri);
      return answerError(caller, { requestType: "CALL", request: message.request }, error, GOING_DOWN);
    }
    const matched = this.#requireMatch(message.procedure);
    this.#checkPayload(message, "input");
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
    this.#invoke({ answerTo: caller, message, discloser, registration, callee, refused: undefined, timing });
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
    this.#cancel(pending, { mode, error: new WampError(uris.CANCELED, { args: ["canceled by the caller"] }) });
  }

  /** Forwards a callee's result. With `progress`, the call continues. */
  yield(session: RealmSession, message: m.Yield): void {
    const { options } = message;
    checkPassthruAnswer(session, "YIELD.options", options);
    const pending = this.#answered(session, message);
    if (!pending) return;
    const progress = options.progress === true;
    if (progress && (!pending.receivesProgress || pending.interrupted)) return;
    const mode = progress ? "killnowait" : "skip";
    const checked = pending.timing === RELAYED ? message.payload : this.#checkedResult(pending, message); // the caller's router checks the result
    if (isOver(pending)) return; // a schema or policy has ended a session
    if (checked instanceof WampError) return this.#cancel(pending, { mode, error: checked });
    if (progress) this.#startTimer(pending);
    else this.#end(pending);
    const told = passthruOf(options);
    const details = progress ? { progress, ...told } : told;
    const { caller } = pending;
    const refusal =
      passthruRefusal(caller, options) ??
      this.#config.flow.admitResult(caller) ??
      caller.send({ type: "RESULT", request: pending.call, details, payload: checked });
    if (refusal) this.#cancel(pending, { mode, error: refusal });
    else if (!progress) this.#config.watch.ended(pending);
    this.#config.flow.answered(pending, progress ? undefined : checked.byteLength);
  }

  /** Returns the payload of a result after the contracts and policies, or why it is refused. */
  #checkedResult(pending: PendingCall, message: m.Yield): Payload | WampError {
    const progress = message.options.progress === true;
    const fault = this.#fault(pending.procedure, progress ? "progress" : "output", message);
    return fault ?? this.#config.policies?.result(resultOf(pending, progress), message.payload) ?? message.payload;
  }

  /** Forwards a callee's error. `wamp.error.unavailable` reroutes the call to the next callee. */
  error(session: RealmSession, message: m.ErrorMessage): void {
    if (message.requestType !== "INVOCATION") {
      throw new ProtocolViolation(`ERROR.requestType: a client answers INVOCATION only, got ${message.requestType}`);
    }
    checkPassthruAnswer(session, "ERROR.details", message.details);
    const pending = this.#answered(session, message);
    if (!pending) return;
    this.#end(pending);
    if (message.error === uris.UNAVAILABLE && mayRefuse(pending)) return this.#rerouting.refused(pending);
    const details = passthruOf(message.details);
    const { caller, call } = pending;
    const refusal =
      passthruRefusal(caller, message.details) ??
      this.#config.flow.admitResult(caller) ??
      caller.send({ ...message, requestType: "CALL", request: call, details });
    if (refusal) this.#fail(pending, refusal);
    else this.#config.watch.ended(pending, message.error);
    this.#config.flow.answered(pending, message.payload.byteLength);
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

  /** Ends the call of an answer that could not be forwarded. */
  failAnswer(session: RealmSession, answer: m.Yield | m.ErrorMessage, error: WampError): void {
    const pending = this.#pending.ofCallee(session, answer.request);
    const goesOn = answer.type === "YIELD" && answer.options.progress === true;
    if (pending) this.#cancel(pending, { mode: goesOn ? "killnowait" : "skip", error });
  }

  /** Ends the pending call that a refused CALL was to continue. Returns false if there is none. */
  failCall(caller: RealmSession, call: Id, error: WampError): boolean {
    const pending = this.#pending.ofCaller(caller, call);
    if (pending) this.#cancel(pending, { mode: "killnowait", error });
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

  /** Throws the validation error of a caller's payload. */
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
    if (!enforcement || options.ppt_scheme !== undefined) return undefined; // a passthru payload cannot be read
    return enforcement.checkCall(procedure, part, payload);
  }

  /** Returns the best-matching registration of a URI whose callees may all serve it. URIs in `wamp.` have no callees. */
  match(procedure: string): Registration | undefined {
    if (uris.isReserved(procedure)) return undefined;
    const registration = this.registrations.book.best(procedure);
    if (!registration || registration.match === "exact" || mayAnswer(registration, procedure)) return registration;
    return this.registrations.book.ranked(procedure).find((each) => mayAnswer(each, procedure));
  }

  /** Returns the registration for a call. */
  #requireMatch(procedure: string): Registration {
    checkLength(procedure, this.#surroundings.limits);
    const registration = this.match(procedure);
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
      dueMs: undefined,
      expectedBytes: 0,
      expectedIn: 0,
      callerSide: undefined,
      calleeSide: undefined,
    };
    this.#pending.add(pending);
    this.#startTimer(pending, call.dueMs);
    this.#sendInvocation(pending, message.payload);
  }

  /** Sends another part of a progressive call to the same callee, with the options of the first part. */
  #continue(pending: PendingCall, message: m.Call): void {
    if (!pending.open) {
      throw new ProtocolViolation(`CALL.request: ${message.request} is the ID of a pending call`);
    }
    const otherwise = message.procedure === pending.procedure ? undefined : anotherProcedure(pending, message);
    const fault = otherwise ?? (isEnd(message) ? undefined : this.#fault(pending.procedure, "chunk", message));
    if (isOver(pending)) return; // a schema has ended a session
    const refusal = fault ?? this.#config.flow.admit(pending.callee.session);
    if (refusal) return this.#cancel(pending, { mode: "killnowait", error: refusal });
    this.#pending.forgetMessage(pending); // earlier parts cannot be resent
    pending.open = message.options.progress === true;
    this.#startTimer(pending);
    this.#sendInvocation(pending, message.payload, true);
  }

  /** Sends the INVOCATION. `goesOn` is true if the callee has received a part of this call before. */
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

  /** Returns the call of an answer; `undefined` if it has ended, which the callee could not know. */
  #answered(session: RealmSession, message: m.Yield | m.ErrorMessage): PendingCall | undefined {
    const pending = this.#pending.ofCallee(session, message.request);
    if (pending || this.#pending.wasIssued(session, message.request)) return pending;
    throw new ProtocolViolation(
      `${message.type}.request: this session has never received an invocation ${message.request}`,
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

  /** Starts the timeout of the next answer. `dueMs` is when it ends, if it began with another callee. */
  #startTimer(pending: PendingCall, dueMs?: number): void {
    pending.stopTimer();
    const { timeoutMs } = pending;
    if (timeoutMs === 0) return;
    const { clock } = this.#surroundings;
    const nowMs = clock.now();
    const leftMs = dueMs === undefined ? timeoutMs : Math.min(Math.max(0, dueMs - nowMs), timeoutMs); // the clock may have been set back
    pending.dueMs = nowMs + leftMs;
    const error = new WampError(uris.TIMEOUT, { args: [`no answer within ${timeoutMs} ms`] });
    pending.stopTimer = clock.after(leftMs, () => this.#cancel(pending, { mode: "killnowait", error }));
  }

  /** Removes a call that its callee has answered. */
  #end(pending: PendingCall): void {
    this.#drop(pending);
    pending.callee.session.flow?.endedCall();
  }

  /** Removes a call without notifying anyone. */
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
    throw new WampError(uris.NO_SUCH_REGISTRATION, { args: [`this session does not have the registration ${id}`] });
  }
}

/** Returns whether every callee of a registration may serve a URI. */
function mayAnswer({ callees }: Registration, procedure: string): boolean {
  return callees.every(({ session: { grants } }) => grants.permissions?.allows("register", procedure) !== false);
}

function resultOf({ caller, callee, procedure }: PendingCall, progress: boolean): Omit<PolicyResult, "payload"> {
  return { caller: partyOf(caller), callee: partyOf(callee.session), uri: procedure, progress };
}

/**
 * Returns the error for a part that names another procedure. Authorization is checked for the named one, so it must be the
 * same.
 */
function anotherProcedure({ procedure }: PendingCall, { procedure: named }: m.Call): WampError {
  const words = `a part of a call of "${excerpt(procedure)}" names "${excerpt(named)}"`;
  return new WampError(uris.INVALID_ARGUMENT, { args: [words] });
}

/** Returns whether a part of a progressive call only marks its end. */
function isEnd({ options, payload }: m.Call): boolean {
  return !options.progress && payload.isEmpty;
}

/** Notifies a callee of a canceled call, if it supports that. Another router is always notified. */
function interrupt({ callee: { session }, invocation }: PendingCall, mode: CancelMode): void {
  if (session.node === undefined && (mode === "skip" || !session.announces("callee", "call_canceling"))) return;
  session.send({ type: "INTERRUPT", request: invocation, options: { mode } });
}

/** Returns whether `wamp.error.unavailable` reroutes a call. A call of another router is rerouted there. */
function mayRefuse({ callee: { session }, interrupted, timing }: PendingCall): boolean {
  return session.announces("callee", "call_reroute") && !interrupted && timing !== RELAYED;
}

function invalidOption(what: string): WampError {
  return new WampError(uris.INVALID_ARGUMENT, { args: [what] });
}
