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

/** Who a session is, as its WELCOME says. */
export interface SessionIdentity {
  readonly id: Id;
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
}

/** Who a session is, as WELCOME, the meta API and the router's own API tell it. */
export function identityDetails({
  authid,
  authrole,
  authmethod,
  authprovider,
}: SessionIdentity): Omit<SessionIdentity, "id"> {
  return { authid, authrole, authmethod, authprovider };
}

/** What a realm's parts see of a session. They never see a socket. */
export interface RealmSession extends SessionIdentity {
  /** The other router that it is a client of; `undefined` where it is one of this router. */
  readonly node?: string | undefined;
  readonly transportKind: string;
  /** The largest message that the client takes, in bytes, where it has said so. */
  readonly maxReceiveBytes: number | undefined;
  readonly grants: Grants;
  /** Missing where it cannot be slowed down: in this process. */
  readonly flow: SessionFlow | undefined;
  /** It owes an answer and shows no sign of life. Set by the dealer. */
  frozen: boolean;
  /** Its calls, once it has called or been called. The dealer's own. */
  side?: object | undefined;
  /** What it may from now on: the realm was refreshed. */
  regrant(grants: Grants): void;
  /** Whether the client has announced a feature for a role. */
  announces(role: RoleName, feature: string): boolean;
  /**
   * Sends a message; never calls back synchronously and never throws. Returns why this session cannot be given it, such as a value that
   * its serializer does not have; `undefined` when it was taken, or the session has ended.
   */
  send(message: Message): WampError | undefined;
  /** Ends the session at once, for what its client must not do: ABORT, and the transport is closed. */
  abort(fault: ProtocolViolation): void;
  /** Whatever the client asks from now on is ignored: the session is about to end. */
  dismiss(): void;
  /** Ends the session in order: GOODBYE, and the realm is left at once. */
  goodbye(reason: string, message?: string): void;
}

/** What a meta event tells of: those who may not know of it are not told. */
export interface MetaSubject extends Pattern {
  readonly kind: Kind;
}

/**
 * A meta event that is to be published. Where every router tells it to its own sessions, the stamp tells it apart from another of the same arguments, and
 * is the same on all.
 */
export type MetaEvent = readonly [topic: string, args: readonly unknown[], about: MetaSubject, stamp?: string | number];

/** What the pure parts of a realm are given from outside. */
export interface Surroundings {
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly strictUris: boolean;
  readonly limits: RealmLimits;
  /** What counts against these limits at other routers, as far as they have told. */
  readonly elsewhere: Readonly<RealmLoad>;
  /** Publishes a meta event, once the change under way is complete. */
  readonly emit: (...event: MetaEvent) => void;
  /**
   * Publishes meta events, of which there may be many, in their turn: each is taken from the list when those before it are out, and all
   * are taken, also where nobody is left to hear them. `undefined` is a step of which there is nothing to tell.
   */
  readonly emitEach: (events: Iterable<MetaEvent | undefined>) => void;
  /** Whether nobody is left to hear of the change under way. */
  readonly isSilent: () => boolean;
  /** Runs a function in a later turn of the event loop. */
  readonly defer: (run: () => void) => void;
  /** Whether a session has not left. */
  readonly stands: (session: RealmSession) => boolean;
  /** A session could not be given an event. */
  readonly dropped: (session: RealmSession, topic: string, why: WampError) => void;
}

/** A session as policies see it. */
export function partyOf({ id, authid, authrole }: SessionIdentity): Party {
  return { session: id, authid, authrole };
}

/** A moment as meta events, meta procedures and event history write it. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
