import type { InvocationPolicy } from "../../../src/wire/messages.js";
import type { CallOptions, PublishOptions } from "../../../src/wire/options.js";
import type { MatchPolicy } from "../../../src/wire/uris.js";

/** A session of a client, as the client knows it. */
export interface SessionSeen {
  /** The client and its session, such as `c3.2`: the second session of client 3. */
  readonly name: string;
  readonly authid: string;
  readonly id: number;
  readonly node: string;
  readonly openedMs: number;
  /** When its router has ended it. */
  leftMs: number | undefined;
  closedMs: number | undefined;
  /** How it has ended: by its client, by the router's word, or because its node is dead. */
  closedBy: "client" | "router" | "loss" | undefined;
}

export interface InvocationSeen {
  readonly callee: SessionSeen;
  readonly request: number;
  readonly part: number;
  readonly atMs: number;
}

export interface CallSeen {
  readonly key: string;
  readonly caller: SessionSeen;
  readonly procedure: string;
  readonly options: CallOptions;
  readonly sentMs: number;
  /** How many parts it has. */
  readonly parts: number;
  /** Results and errors, in order. */
  readonly answers: { readonly isFinal: boolean; readonly error: string | undefined; readonly text: string }[];
  /** The invocations of the call that callees have received, in order. */
  readonly invocations: InvocationSeen[];
  /** How many callees have said that they are not available. */
  refusals: number;
  canceled: string | undefined;
}

export interface PublicationSeen {
  readonly key: string;
  readonly publisher: SessionSeen;
  /** Counts the publications of its client. */
  readonly number: number;
  readonly topic: string;
  readonly options: PublishOptions;
  readonly sentMs: number;
  acknowledgedMs: number | undefined;
}

/** An event that a session leaves behind. */
export interface TestamentSeen {
  readonly key: string;
  readonly session: SessionSeen;
  readonly topic: string;
  /** When the client was told that it is kept. */
  keptMs: number | undefined;
}

export interface EventSeen {
  readonly publication: string;
  readonly subscriber: SessionSeen;
  readonly subscription: number;
  readonly atMs: number;
}

/** A share of a session in a registration or subscription, as its client knows it. */
export interface HeldSeen {
  readonly holder: SessionSeen;
  readonly uri: string;
  readonly match: MatchPolicy;
  readonly askedMs: number;
  id: number | undefined;
  sinceMs: number | undefined;
  /** When the client has begun to give it up, or was told that it is revoked. */
  untilMs: number | undefined;
  /** The error that it was refused with. */
  refused: string | undefined;
  refusedMs: number | undefined;
}

export interface RegistrationSeen extends HeldSeen {
  readonly invoke: InvocationPolicy;
}

export interface SubscriptionSeen extends HeldSeen {
  readonly nkey: string | undefined;
}

/** All that clients have seen. */
export class Witness {
  readonly sessions: SessionSeen[] = [];
  readonly calls = new Map<string, CallSeen>();
  readonly publications = new Map<string, PublicationSeen>();
  readonly testaments = new Map<string, TestamentSeen>();
  readonly events: EventSeen[] = [];
  readonly registrations: RegistrationSeen[] = [];
  readonly subscriptions: SubscriptionSeen[] = [];
  /** Faults that must never happen: protocol violations, answers to no request, faults that a router reports. */
  readonly wrongs: string[] = [];
}
