import { type Id, IdCounter } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { InvocationDetails } from "../wire/options.js";
import type { Discloser } from "./disclosure.js";
import type { RealmSession } from "./realm-session.js";
import type { Callee, Registration } from "./registrations.js";

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
  /** Milliseconds that one answer may take; 0 for no limit. */
  readonly timeoutMs: number;
  /** The CALL and who made it, while it can still be routed to another callee; those that have refused it. */
  reroute:
    | { readonly message: m.Call; readonly discloser: Discloser; readonly refused: readonly RealmSession[] }
    | undefined;
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
}

interface Side {
  readonly calls: Map<Id, PendingCall>; // CALL.Request → call made by this session
  readonly invocations: Map<Id, PendingCall>; // INVOCATION.Request → call this session answers
  readonly requests: IdCounter; // of INVOCATION.Request, which has session scope
  readonly endedProgressive: Set<Id>; // CALL.Request of progressive calls that are over, of late
}

/** Progressive calls that are over and remembered, by caller: their chunks may still be on the way. */
const MOST_ENDED = 256;

/**
 * Calls under way. Each is found only by its own two sessions: the caller by CALL.Request, the callee by
 * INVOCATION.Request, so nobody can answer or cancel for another.
 */
export class PendingCalls {
  readonly #sides = new Map<RealmSession, Side>();
  #size = 0;
  readonly #whenIdle: (() => void)[] = []; // to be called back

  /** How many calls are under way, and sessions that have called or been called. */
  get stats(): { readonly pendingCalls: number; readonly callParties: number } {
    return { pendingCalls: this.#size, callParties: this.#sides.size };
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
    return this.#sides.get(caller)?.calls.get(call);
  }

  ofCallee(callee: RealmSession, invocation: Id): PendingCall | undefined {
    return this.#sides.get(callee)?.invocations.get(invocation);
  }

  /** How many calls of a session wait for their last answer. */
  countOf(caller: RealmSession): number {
    return this.#sides.get(caller)?.calls.size ?? 0;
  }

  /** Whether an invocation was ever sent to this session, so that a late answer to it is legal. */
  wasIssued(callee: RealmSession, invocation: Id): boolean {
    return invocation <= (this.#sides.get(callee)?.requests.last ?? 0);
  }

  /** Whether a progressive call of the session is over that had this ID. */
  hasEnded(caller: RealmSession, call: Id): boolean {
    return this.#sides.get(caller)?.endedProgressive.has(call) === true;
  }

  /** The next INVOCATION.Request of a callee. */
  nextInvocation(callee: RealmSession): Id {
    return this.#side(callee).requests.next();
  }

  add(pending: PendingCall): void {
    const side = this.#side(pending.caller);
    side.calls.set(pending.call, pending);
    side.endedProgressive.delete(pending.call);
    this.#size++;
    this.#side(pending.callee.session).invocations.set(pending.invocation, pending);
  }

  /** Takes a call out; its timer stops, and what its callee still answers is dropped. */
  remove(pending: PendingCall): void {
    pending.stopTimer();
    const side = this.#sides.get(pending.caller);
    if (side?.calls.delete(pending.call)) this.#size--;
    if (pending.progressive && side) rememberEnded(side, pending.call);
    if (this.#size === 0) for (const tell of this.#whenIdle.splice(0)) tell();
    this.#sides.get(pending.callee.session)?.invocations.delete(pending.invocation);
  }

  /** Takes a session out. Returns the calls it made and the calls it was to answer, all of them removed. */
  leave(session: RealmSession): { readonly made: readonly PendingCall[]; readonly toAnswer: readonly PendingCall[] } {
    const side = this.#sides.get(session);
    const made = [...(side?.calls.values() ?? [])];
    const toAnswer = [...(side?.invocations.values() ?? [])].filter((pending) => pending.caller !== session);
    for (const pending of made) this.remove(pending);
    for (const pending of toAnswer) this.remove(pending);
    this.#sides.delete(session);
    return { made, toAnswer };
  }

  #side(session: RealmSession): Side {
    let side = this.#sides.get(session);
    if (!side) {
      side = { calls: new Map(), invocations: new Map(), requests: new IdCounter(), endedProgressive: new Set() };
      this.#sides.set(session, side);
    }
    return side;
  }
}

function rememberEnded({ endedProgressive }: Side, call: Id): void {
  endedProgressive.add(call);
  if (endedProgressive.size > MOST_ENDED) endedProgressive.delete(endedProgressive.values().next().value as Id);
}
