import { IdTable } from "../session/id-table.js";
import { type Id, IdCounter } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import { type CallOptions, compact, type InvocationDetails, passthruOf } from "../wire/options.js";
import { payloadLength, unpinned } from "../wire/payload-bytes.js";
import { traceContextOf } from "../wire/trace-context.js";
import type { Discloser } from "./disclosure.js";
import { lentPayload } from "./lent-payload.js";
import type { RealmSession } from "./realm-session.js";
import type { Callee, Registration } from "./registration.js";
import type { Timing } from "./timing.js";

/** The maximum size of the payloads stored for rerouting one session's calls, in bytes. Calls beyond it cannot be rerouted. */
const REROUTE_BYTES = 16 * 1024 * 1024;

/** The parts of a CALL that a second INVOCATION needs. */
export interface KeptCall extends m.Call {
  /** The size of the payload in bytes. */
  readonly bytes: number;
}

/** Returns a CALL for storage, without default options and without an oversized network buffer. */
export function keptCall({ request, options, procedure, payload: given }: m.Call): KeptCall {
  const own = unpinned(given);
  const payload = own === given ? lentPayload(given) : own;
  return { type: "CALL", request, options: meaningful(options), procedure, payload, bytes: payloadLength(payload) };
}

function meaningful(options: CallOptions): CallOptions {
  if (Object.keys(options).length === 0) return options;
  const { disclose_me, receive_progress, progress, timeout, runmode, rkey } = options;
  const _idempotent = isRepeatable(options) || undefined;
  const shard = runmode === undefined ? {} : { runmode, rkey };
  return {
    ...passthruOf(options),
    ...traceContextOf(options),
    ...compact<CallOptions>({ disclose_me, receive_progress, progress, timeout, ...shard, _idempotent }),
  };
}

/** Returns whether a call is idempotent and not bound to one callee by a resource key. */
export function isRepeatable({ _idempotent, runmode }: CallOptions): boolean {
  return _idempotent === true && runmode === undefined;
}

/** Returns whether a call can be given to another callee while its callee is processing it. */
export function canGoOn({ reroute }: PendingCall): boolean {
  return reroute !== undefined && isRepeatable(reroute.message.options);
}

/** The data to reroute a call. */
export interface Reroute {
  readonly message: KeptCall;
  /** The caller to disclose. */
  readonly discloser: Discloser;
  /** The callees that have refused the call or are gone. */
  readonly refused: Set<RealmSession> | undefined;
  /** Registrations whose callees may not receive the call. */
  readonly denied?: ReadonlySet<Registration> | undefined;
}

/** A call between CALL and its final answer. */
export interface PendingCall {
  /** The session that is answered. `details` contains the disclosed caller. */
  readonly caller: RealmSession;
  /** CALL.Request, of the caller's session. */
  readonly call: Id;
  /** The concrete URI that was called. */
  readonly procedure: string;
  readonly callee: Callee;
  /** INVOCATION.Request, of the callee's session. */
  readonly invocation: Id;
  readonly registration: Registration;
  /** The details of the first INVOCATION, which all INVOCATIONs of a progressive call share. */
  readonly details: InvocationDetails;
  readonly receivesProgress: boolean;
  /** When the call was made, for metrics. Rerouting does not change it. */
  readonly timing: Timing;
  /** The timeout of each answer in milliseconds; 0 for no timeout. */
  readonly timeoutMs: number;
  /** The data to reroute the call, while that is possible. */
  reroute: Reroute | undefined;
  /** Whether this is a progressive call invocation, with several CALLs of the same request. */
  readonly progressive: boolean;
  /** Whether further CALLs may follow. */
  open: boolean;
  /** Whether the callee was interrupted and its answer is awaited. */
  interrupted: boolean;
  stopTimer: () => void;
  /** When the timer ends, in milliseconds since 1970; `undefined` without a timer. */
  dueMs: number | undefined;
  /** For `flow` only: the expected size of the answer in bytes, and its epoch. */
  expectedBytes: number;
  expectedIn: number;
  /** For `PendingCalls` only: the data of the two sessions. Set while the call is pending. */
  callerSide: Side | undefined;
  calleeSide: Side | undefined;
}

/** Returns whether a call has ended, or is about to because its caller or callee has left. */
export function isOver({ callerSide, calleeSide }: PendingCall): boolean {
  return !callerSide || callerSide.hasLeft || !calleeSide || calleeSide.hasLeft;
}

/** Returns whether the caller of a pending call still waits for the answer. If it has left, the call is about to end. */
export function isAwaited({ callerSide }: PendingCall): boolean {
  return callerSide?.hasLeft === false;
}

/** The calls of one session by CALL.Request. */
export interface CallsMade {
  /** The pending calls. */
  readonly calls: Pick<IdTable<PendingCall>, "get" | "size">;
  /** The recently ended progressive calls. */
  readonly endedProgressive: ReadonlySet<Id> | undefined;
}

/** The calls and invocations of one session. */
export interface Side {
  readonly calls: IdTable<PendingCall>; // CALL.Request → call made by this session
  readonly invocations: IdTable<PendingCall>; // INVOCATION.Request → call this session answers
  readonly requests: IdCounter; // of INVOCATION.Request, which has session scope
  endedProgressive: Set<Id> | undefined; // CALL.Request of recently ended progressive calls
  rerouteBytes: number; // size of the payloads stored for this session's calls
  hasLeft: boolean; // the session has left; its calls are being ended
}

/** The maximum number of ended progressive calls to remember per caller, whose parts may still arrive. */
const MOST_ENDED = 256;

/**
 * The pending calls. Only the two sessions of a call can find it: the caller by CALL.Request, the callee by INVOCATION.Request.
 * So no session can answer or cancel for another.
 */
export class PendingCalls {
  #parties = 0; // the number of sessions with a side
  #size = 0;
  readonly #whenIdle: (() => void)[] = []; // callbacks

  /** The numbers of pending calls and of sessions that have called or been called. */
  get stats(): { readonly pendingCalls: number; readonly callParties: number } {
    return { pendingCalls: this.#size, callParties: this.#parties };
  }

  /** The number of pending calls. */
  get size(): number {
    return this.#size;
  }

  /** Calls back once, when no call is pending; at once if that is already so. */
  onceIdle(callback: () => void): void {
    if (this.#size === 0) callback();
    else this.#whenIdle.push(callback);
  }

  ofCaller(caller: RealmSession, call: Id): PendingCall | undefined {
    return sideOf(caller)?.calls.get(call);
  }

  /** Returns the call of an invocation. A call whose caller has left is not returned, since nobody waits for its answer. */
  ofCallee(callee: RealmSession, invocation: Id): PendingCall | undefined {
    const pending = sideOf(callee)?.invocations.get(invocation);
    return pending?.callerSide?.hasLeft ? undefined : pending;
  }

  /** Returns the calls of a session; `undefined` if it has made none. */
  madeBy(caller: RealmSession): CallsMade | undefined {
    return sideOf(caller);
  }

  /** The calls that a session must answer. */
  heldBy(callee: RealmSession): Iterable<PendingCall> {
    return sideOf(callee)?.invocations.values() ?? [];
  }

  owesAnswer(callee: RealmSession): boolean {
    return (sideOf(callee)?.invocations.size ?? 0) > 0;
  }

  /** Returns whether an invocation was ever sent to this session, so that a late answer to it is legal. */
  wasIssued(callee: RealmSession, invocation: Id): boolean {
    return invocation <= (sideOf(callee)?.requests.last ?? 0);
  }

  /** The next INVOCATION.Request of a callee. */
  nextInvocation(callee: RealmSession): Id {
    return this.#side(callee).requests.next();
  }

  add(pending: PendingCall): void {
    const caller = this.#side(pending.caller);
    const callee = this.#side(pending.callee.session);
    caller.calls.add(pending.call, pending);
    caller.endedProgressive?.delete(pending.call);
    this.#size++;
    if (caller.rerouteBytes + keptBytes(pending) > REROUTE_BYTES) pending.reroute = undefined;
    caller.rerouteBytes += keptBytes(pending);
    callee.invocations.add(pending.invocation, pending);
    pending.callerSide = caller;
    pending.calleeSide = callee;
  }

  /** Drops the data for rerouting a call. */
  forgetMessage(pending: PendingCall): void {
    if (pending.callerSide) pending.callerSide.rerouteBytes -= keptBytes(pending);
    pending.reroute = undefined;
  }

  /** Removes a call and stops its timer. Later answers of its callee are dropped. An ended call is ignored. */
  remove(pending: PendingCall): void {
    const { callerSide: caller, calleeSide: callee } = pending;
    if (!caller || !callee) return;
    pending.callerSide = undefined;
    pending.calleeSide = undefined;
    pending.stopTimer();
    caller.calls.delete(pending.call);
    caller.rerouteBytes -= keptBytes(pending);
    if (pending.progressive) rememberEnded(caller, pending.call);
    callee.invocations.delete(pending.invocation);
    this.#size--;
    if (this.#size === 0 && this.#whenIdle.length > 0) for (const tell of this.#whenIdle.splice(0)) tell();
  }

  /**
   * Removes a session in constant time. Its calls and invocations stay pending until `remove` is called for each.
   */
  leave(session: RealmSession): { readonly made: Iterable<PendingCall>; readonly toAnswer: Iterable<PendingCall> } {
    const side = sideOf(session);
    if (!side) return { made: [], toAnswer: [] };
    side.hasLeft = true;
    session.side = undefined;
    this.#parties--;
    return { made: side.calls.values(), toAnswer: side.invocations.values() };
  }

  #side(session: RealmSession): Side {
    const known = sideOf(session);
    if (known) return known;
    this.#parties++;
    const side: Side = {
      calls: new IdTable(),
      invocations: new IdTable(),
      requests: new IdCounter(),
      endedProgressive: undefined,
      rerouteBytes: 0,
      hasLeft: false,
    };
    session.side = side;
    return side;
  }
}

function rememberEnded(side: Side, call: Id): void {
  side.endedProgressive ??= new Set();
  const ended = side.endedProgressive.add(call);
  if (ended.size > MOST_ENDED) ended.delete(ended.values().next().value as Id);
}

function keptBytes({ reroute }: PendingCall): number {
  return reroute?.message.bytes ?? 0;
}

export function noTimer(): void {}

/** Returns the data of a session that belongs to this file. */
function sideOf(session: RealmSession): Side | undefined {
  return session.side as Side | undefined;
}
