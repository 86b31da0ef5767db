import { ProtocolViolation, WampError } from "../wire/error.js";
import type * as m from "../wire/messages.js";
import type { CancelMode, InvocationDetails } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import { CANCELED, NO_SUCH_PROCEDURE, NO_SUCH_REGISTRATION, TIMEOUT } from "../wire/uris.js";
import { type PendingCall, PendingCalls } from "./pending-calls.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import { type Callee, type Registration, Registrations } from "./registrations.js";
import { checkNotReserved, checkUri, requireInvocationPolicy, requireMatchPolicy } from "./requests.js";

/**
 * The dealer of one realm: who answers what, and which answer belongs to which call. Pure: it sends to sessions, and its
 * clock is handed in. A request it refuses throws `WampError` before any map has changed. Spec: "Remote Procedure Calls".
 */
export class Dealer {
  readonly #surroundings: Surroundings;
  readonly #registrations = new Registrations();
  readonly #pending = new PendingCalls();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Throws `wamp.error.invalid_uri`, `wamp.error.invalid_argument` or `wamp.error.procedure_already_exists`. */
  register(session: RealmSession, message: m.Register): void {
    const { procedure, options } = message;
    const match = requireMatchPolicy(options.match);
    const invoke = requireInvocationPolicy(options.invoke);
    checkUri(procedure, { match, strict: this.#surroundings.strictUris });
    checkNotReserved(procedure);

    const callee: Callee = {
      session,
      discloseCaller: options.disclose_caller === true,
      forwardTimeout: options.forward_timeout === true && session.announces("callee", "call_timeout"),
    };
    const registration = this.#registrations.add({ procedure, match, invoke, callee });
    session.send({ type: "REGISTERED", request: message.request, registration: registration.id });
  }

  /** Calls under way go on. Throws `wamp.error.no_such_registration` for an ID the session does not hold. */
  unregister(session: RealmSession, message: m.Unregister): void {
    const registration = this.#registrations.find(session, message.registration);
    if (!registration) {
      throw new WampError(NO_SUCH_REGISTRATION, {
        args: [`this session holds no registration ${message.registration}`],
      });
    }
    this.#registrations.remove(session, registration);
    session.send({ type: "UNREGISTERED", request: message.request });
  }

  /** Routes a CALL to one callee of the registration that wins it. Throws `wamp.error.no_such_procedure` where none does. */
  call(caller: RealmSession, message: m.Call): void {
    if (this.#pending.ofCaller(caller, message.request)) {
      throw new ProtocolViolation(`CALL.request: ${message.request} is the request of a call that is still under way`);
    }
    checkUri(message.procedure, { strict: this.#surroundings.strictUris });
    const registration = this.#registrations.match(message.procedure);
    if (!registration) {
      throw new WampError(NO_SUCH_PROCEDURE, { args: [`no callee has registered "${message.procedure}"`] });
    }

    const callee = registration.pick(this.#surroundings.random);
    const pending: PendingCall = {
      caller,
      call: message.request,
      callee,
      invocation: this.#pending.nextInvocation(callee.session),
      receivesProgress: message.options.receive_progress === true,
      timeoutMs: callee.forwardTimeout ? 0 : (message.options.timeout ?? 0),
      interrupted: false,
      stopTimer: noTimer,
    };
    this.#pending.add(pending);
    this.#startTimer(pending);
    const refusal = callee.session.send({
      type: "INVOCATION",
      request: pending.invocation,
      registration: registration.id,
      details: invocationDetails(caller, message, { registration, callee }),
      payload: message.payload,
    });
    if (refusal) this.#fail(pending, refusal);
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
    this.#cancel(pending, { mode, error: new WampError(CANCELED, { args: ["canceled by the caller"] }) });
  }

  /** Passes a callee's result on; with `progress` the call goes on. */
  yield(session: RealmSession, message: m.Yield): void {
    const pending = this.#answered(session, message);
    if (!pending) return;
    const progress = message.options.progress === true;
    if (progress && (!pending.receivesProgress || pending.interrupted)) return;
    if (progress) this.#startTimer(pending);
    else this.#pending.remove(pending);
    const refusal = pending.caller.send({
      type: "RESULT",
      request: pending.call,
      details: progress ? { progress: true } : {},
      payload: message.payload,
    });
    if (refusal) this.#fail(pending, refusal);
  }

  /** Passes a callee's error on, as it came. */
  error(session: RealmSession, message: m.ErrorMessage): void {
    if (message.requestType !== "INVOCATION") {
      throw new ProtocolViolation(`ERROR.requestType: a client answers INVOCATION only, got ${message.requestType}`);
    }
    const pending = this.#answered(session, message);
    if (!pending) return;
    this.#pending.remove(pending);
    const refusal = pending.caller.send({ ...message, requestType: "CALL", request: pending.call, details: {} });
    if (refusal) this.#fail(pending, refusal);
  }

  /** Undoes all that a session holds here: its registrations, the calls it made and those it was to answer. */
  leave(session: RealmSession): void {
    this.#registrations.leave(session);
    const { made, toAnswer } = this.#pending.leave(session);
    for (const pending of made) interrupt(pending, "killnowait");
    for (const { caller, call } of toAnswer)
      answerError(caller, call, new WampError(CANCELED, { args: ["the callee is gone"] }));
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
    if (how.mode !== "skip" && !pending.interrupted) interrupt(pending, "killnowait");
  }

  #startTimer(pending: PendingCall): void {
    pending.stopTimer();
    if (pending.timeoutMs === 0) return;
    const error = new WampError(TIMEOUT, { args: [`no answer within ${pending.timeoutMs} ms`] });
    pending.stopTimer = this.#surroundings.clock.after(pending.timeoutMs, () =>
      this.#cancel(pending, { mode: "killnowait", error }),
    );
  }

  #fail(pending: PendingCall, error: WampError): void {
    this.#pending.remove(pending);
    answerError(pending.caller, pending.call, error);
  }
}

/** The procedure goes along for patterns only, since an exact callee knows it; the caller only when disclosed. */
function invocationDetails(
  caller: RealmSession,
  { procedure, options }: m.Call,
  target: { readonly registration: Registration; readonly callee: Callee },
): InvocationDetails {
  return {
    ...(target.registration.match !== "exact" && { procedure }),
    ...((options.disclose_me || target.callee.discloseCaller) && {
      caller: caller.id,
      caller_authid: caller.authid,
      caller_authrole: caller.authrole,
    }),
    ...(options.receive_progress && { receive_progress: true }),
    ...(target.callee.forwardTimeout && options.timeout && { timeout: options.timeout }),
  };
}

function interrupt({ callee, invocation }: PendingCall, mode: CancelMode): void {
  if (callee.session.announces("callee", "call_canceling")) {
    callee.session.send({ type: "INTERRUPT", request: invocation, options: { mode } });
  }
}

function answerError(caller: RealmSession, call: number, error: WampError): void {
  const payload = Payload.of(error.args, error.kwargs);
  caller.send({ type: "ERROR", requestType: "CALL", request: call, details: {}, error: error.uri, payload });
}

function noTimer(): void {}
