import type { Clock } from "../session/clock.js";
import type { RoleName } from "../session/features.js";
import type { ProtocolViolation, WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { Message } from "../wire/messages.js";
import type { Pattern } from "./access/overlap.js";
import type { Kind } from "./access/visible.js";
import type { Party } from "./authorizer.js";
import type { SessionFlow } from "./flow/session-flow.js";
import type { Grants } from "./grants.js";
import type { RealmLimits, RealmLoad } from "./limits.js";

/** The identity of a session. */
export interface SessionIdentity {
  readonly id: Id;
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
}

/** Returns the identity of a session for WELCOME, the meta API and the router's API. */
export function identityDetails({
  authid,
  authrole,
  authmethod,
  authprovider,
}: SessionIdentity): Omit<SessionIdentity, "id"> {
  return { authid, authrole, authmethod, authprovider };
}

/** A session as seen by the parts of a realm. They never see its socket. */
export interface RealmSession extends SessionIdentity {
  /** The router that the session is connected to; `undefined` for this router. */
  readonly node?: string | undefined;
  readonly transportKind: string;
  /** The largest message that the client accepts, in bytes, if announced. */
  readonly maxReceiveBytes: number | undefined;
  readonly grants: Grants;
  /** Whether the session has left its realm. Policies, schemas and observers of the application may end sessions at any time. */
  readonly hasLeft?: boolean;
  /** Absent if the session cannot be slowed down, as within this process. */
  readonly flow: SessionFlow | undefined;
  /** Whether the session owes an answer but does not respond. Set by the dealer. */
  frozen: boolean;
  /** The calls of the session, for the dealer only. */
  side?: object | undefined;
  /** Replaces the grants after a refresh of the realm. */
  regrant(grants: Grants): void;
  /** Returns whether the client has announced a feature for a role. */
  announces(role: RoleName, feature: string): boolean;
  /**
   * Sends a message. Never calls back synchronously and never throws. Returns an error if the message cannot be sent to this
   * session, for example because its serializer does not support a value. Returns `undefined` otherwise, also after its end.
   */
  send(message: Message): WampError | undefined;
  /** Ends the session because of a protocol violation: sends ABORT and closes the transport. */
  abort(fault: ProtocolViolation): void;
  /** Ignores all further requests of the client, because the session is about to end. */
  dismiss(): void;
  /** Ends the session with GOODBYE. It leaves the realm at once. */
  goodbye(reason: string, message?: string): void;
}

/** The subject of a meta event. Sessions that may not know about it do not receive the event. */
export interface MetaSubject extends Pattern {
  readonly kind: Kind;
}

/**
 * A meta event to be published. If every router publishes it to its own sessions, the stamp distinguishes it from another with the same arguments. It is
 * the same on all routers.
 */
export type MetaEvent = readonly [topic: string, args: readonly unknown[], about: MetaSubject, stamp?: string | number];

/** The environment of the pure parts of a realm. */
export interface Surroundings {
  readonly clock: Clock;
  /** Returns numbers in [0, 1). */
  readonly random: () => number;
  readonly strictUris: boolean;
  readonly limits: RealmLimits;
  /** The known state of other routers that counts towards these limits. */
  readonly elsewhere: Readonly<RealmLoad>;
  /** Publishes a meta event after the current change is complete. */
  readonly emit: (...event: MetaEvent) => void;
  /**
   * Publishes possibly many meta events in order. Each is taken from the iterable when it is its turn. All are taken, even without
   * audience. `undefined` is a step without a meta event.
   */
  readonly emitEach: (events: Iterable<MetaEvent | undefined>) => void;
  /** Returns whether the current change has no audience. */
  readonly isSilent: () => boolean;
  /** Runs a function in a later turn of the event loop. */
  readonly defer: (run: () => void) => void;
  /** Returns whether a session is still in the realm. */
  readonly stands: (session: RealmSession) => boolean;
  /** Reports an event that could not be sent to a session. */
  readonly dropped: (session: RealmSession, topic: string, why: WampError) => void;
}

/** Returns a session in the form of the meta API, without the client's address. */
export function sessionDetails(session: RealmSession): Readonly<Record<string, unknown>> {
  return { session: session.id, ...identityDetails(session), transport: { type: session.transportKind } };
}

/** Returns a session as seen by policies. */
export function partyOf({ id, authid, authrole }: SessionIdentity): Party {
  return { session: id, authid, authrole };
}

/** Formats a time for meta events, meta procedures and the event history. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
