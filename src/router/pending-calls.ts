import { IdTable } from "../session/id-table.js";
import { type Id, IdCounter } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import { type CallOptions, compact, type InvocationDetails, passthruOf } from "../wire/options.js";
import { traceContextOf } from "../wire/trace-context.js";
import type { Discloser } from "./disclosure.js";
import type { RealmSession } from "./realm-session.js";
import type { Callee, Registration } from "./registration.js";
import type { Timing } from "./timing.js";

/** Bytes of payloads that are kept for re-routing the calls of one session. The calls beyond it cannot be re-routed. */
const REROUTE_BYTES = 16 * 1024 * 1024;

/** A CALL that may have to be sent again: what of it a second INVOCATION needs. */
export interface KeptCall extends m.Call {
  /** How many bytes its payload takes. */
  readonly bytes: number;
}

/** Keeps a CALL, without the keys that mean nothing and without a network buffer that is larger than its payload. */
export function keptCall(message: m.Call): KeptCall {
  const payload = message.payload.unpinned();
  return { ...message, options: meaningful(message.options), payload, bytes: payload.byteLength };
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

/** Whether a call may be made twice, and any callee will do: it is not of a resource that one of them owns. */
export function isRepeatable({ _idempotent, runmode }: CallOptions): boolean {
  return _idempotent === true && runmode === undefined;
}

/** Whether a call can be given to another callee while its own has it. */
export function canGoOn({ reroute }: PendingCall): boolean {
  return reroute !== undefined && isRepeatable(reroute.message.options);
}

/** What a call leaves behind that may go to another callee. */
export interface Reroute {
  readonly message: KeptCall;
  /** Who made it. */
  readonly discloser: Discloser;
  /** Those that have refused it, or are gone. */
  readonly refused: Set<RealmSession> | undefined;
  /** Registrations whose callees may not have it. */
  readonly denied?: ReadonlySet<Registration> | undefined;
}

/** A call between CALL and its last answer. */
export interface PendingCall {
  /** Who is answered. Who is disclosed to the callee stands in `details`. */
  readonly caller: RealmSession;
  /** CALL.Request, of the caller's session. */
  readonly call: Id;
  /** The concrete URI that was called. */
  readonly procedure: string;
  readonly callee: Callee;
  /** INVOCATION.Request, of the callee's session. */
  readonly invocation: Id;
  readonly registration: Registration;
  /** Of the first INVOCATION; those of a progressive call keep them. */
  readonly details: InvocationDetails;
  readonly receivesProgress: boolean;
  /** When it was made, for those who watch; a call that goes to another callee keeps it. */
  readonly timing: Timing;
  /** Milliseconds that one answer may take; 0 for no limit. */
  readonly timeoutMs: number;
  /** What it takes to route it to another callee, while that can be. */
  reroute: Reroute | undefined;
  /** It came with more CALLs of the same request to come: a progressive call invocation. */
  readonly progressive: boolean;
  /** They are still to come. */
  open: boolean;
  /** The callee has been interrupted and its answer is awaited. */
  interrupted: boolean;
  stopTimer: () => void;
  /** The flow's own: the bytes that the answer was counted for, and in which epoch. */
  expectedBytes: number;
  expectedIn: number;
  /** `PendingCalls`' own: what it holds of the two sessions. Set while the call is under way. */
  callerSide: Side | undefined;
  calleeSide: Side | undefined;
}

/** The calls that one session has made, each by CALL.Request. */
export interface CallsMade {
  /** Those that wait for their last answer. */
  readonly calls: Pick<IdTable<PendingCall>, "get" | "size">;
  /** Progressive ones that are over, of late. */
  readonly endedProgressive: ReadonlySet<Id> | undefined;
}

/** The calls of one session. */
export interface Side {
  readonly calls: IdTable<PendingCall>; // CALL.Request → call made by this session
  readonly invocations: IdTable<PendingCall>; // INVOCATION.Request → call this session answers
  readonly requests: IdCounter; // of INVOCATION.Request, which has session scope
  endedProgressive: Set<Id> | undefined; // CALL.Request of progressive calls that are over, of late
  rerouteBytes: number; // of the payloads kept for calls made by this session
  hasLeft: boolean; // the session is gone; its calls are being ended
}

/** Progressive calls that are over and remembered, by caller: their chunks may still be on the way. */
const MOST_ENDED = 256;

/**
 * Calls under way. Each is found only by its own two sessions: the caller by CALL.Request, the callee by
 * INVOCATION.Request, so nobody can answer or cancel for another.
 */
export class PendingCalls {
  #parties = 0; // sessions that have a side
  #size = 0;
  readonly #whenIdle: (() => void)[] = []; // to be called back

  /** How many calls are under way, and sessions that have called or been called. */
  get stats(): { readonly pendingCalls: number; readonly callParties: number } {
    return { pendingCalls: this.#size, callParties: this.#parties };
  }

  /** How many calls are under way. */
  get size(): number {
    return this.#size;
  }

  /** Calls back, once, when no call is under way: at once where that is so. */
  onceIdle(callback: () => void): void {
    if (this.#size === 0) callback();
    else this.#whenIdle.push(callback);
  }

  ofCaller(caller: RealmSession, call: Id): PendingCall | undefined {
    return sideOf(caller)?.calls.get(call);
  }

  /** A call whose caller is gone is not found: nobody waits for its answer. */
  ofCallee(callee: RealmSession, invocation: Id): PendingCall | undefined {
    const pending = sideOf(callee)?.invocations.get(invocation);
    return pending?.callerSide?.hasLeft ? undefined : pending;
  }

  /** What a session has called; `undefined` where nothing is known of it. */
  madeBy(caller: RealmSession): CallsMade | undefined {
    return sideOf(caller);
  }

  /** The calls that a session has yet to answer. */
  heldBy(callee: RealmSession): Iterable<PendingCall> {
    return sideOf(callee)?.invocations.values() ?? [];
  }

  owesAnswer(callee: RealmSession): boolean {
    return (sideOf(callee)?.invocations.size ?? 0) > 0;
  }

  /** Whether an invocation was ever sent to this session, so that a late answer to it is legal. */
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

  /** The call cannot be routed to another callee any more. */
  forgetMessage(pending: PendingCall): void {
    if (pending.callerSide) pending.callerSide.rerouteBytes -= keptBytes(pending);
    pending.reroute = undefined;
  }

  /** Takes a call out; its timer stops, and the router drops later answers of its callee. A call that is over is ignored. */
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
   * Takes a session out, whatever number of calls it has. The calls it made and those it was to answer are under way until `remove` takes
   * them out, one by one.
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

/** What a session holds for this file, and for no other. */
function sideOf(session: RealmSession): Side | undefined {
  return session.side as Side | undefined;
}
