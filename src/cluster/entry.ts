import type { RegistrationAnswer } from "../router/realm-link.js";
import type { Callee, RegistrationTerms } from "../router/registration.js";
import type { Id } from "../wire/ids.js";
import type { InvocationPolicy } from "../wire/messages.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";
import type { RegistrationRecord, Share } from "./record.js";

/**
 * A share of a session of this node, from REGISTER to its end. `wanted`: it must be written. `written`: the directory has it, and
 * the other nodes must confirm. `announced`: its session has the answer and may be called. `retired`: it is removed from the
 * directory, or about to be, and only sessions of this node may still call it.
 */
export interface OwnShare {
  readonly id: Id;
  readonly callee: Callee;
  readonly invoke: InvocationPolicy;
  /** The requests that are answered when it is announced or refused. */
  readonly answers: RegistrationAnswer[];
  state: "wanted" | "written" | "announced" | "retired";
}

/** Returns whether its session has the answer, so that sessions of this node may call it. */
export function isCallable({ state }: OwnShare): boolean {
  return state === "announced" || state === "retired";
}

/** Waits until a share is removed from the directory. */
interface Parting {
  readonly share: Id;
  readonly done: () => void;
}

/** The state of one registration at this node, and the changes that this node wants. */
export class Entry {
  readonly key: string;
  readonly uri: Uri;
  readonly match: MatchPolicy;
  /** The record of the directory, or `undefined` if there is none. */
  record: RegistrationRecord | undefined;
  /** The revision of the record, or 0 if there is none. */
  revision = 0;
  /** The revision of the last change that has arrived, even if it was a deletion. */
  changedAt = 0;
  /** The terms that local sessions know, while there are announced local shares or a record. */
  terms: RegistrationTerms | undefined;
  /** The terms to write if the directory has no record. */
  proposed: RegistrationTerms | undefined;
  /** Shares of sessions of this node, by ID. */
  readonly own: Map<Id, OwnShare> = new Map();
  /** Shares that their nodes have said they no longer have. */
  readonly disowned: Set<Id> = new Set();
  /** Shares whose nodes are being asked whether they still have them. */
  readonly asked: Set<Id> = new Set();
  /** The number of waits for shares of lost nodes to be removed, even if no local session wants anything. */
  reapers = 0;
  /** The write in progress, with its wait. Never rejects. */
  writing: Promise<void> | undefined;
  /** Something has changed since the last check for needed writes. */
  isDirty = false;
  partings: Parting[] = [];
  #waiting: (() => void)[] = [];

  constructor(key: string, { uri, match }: Pick<RegistrationTerms, "uri" | "match">) {
    this.key = key;
    this.uri = uri;
    this.match = match;
  }

  /** Whether the entry can be deleted without loss. */
  get isIdle(): boolean {
    return !this.record && this.own.size === 0 && !this.writing && this.partings.length === 0;
  }

  /** Whether a session of this node waits for the answer to a REGISTER. */
  get isRequested(): boolean {
    for (const own of this.own.values()) if (!isCallable(own)) return true;
    return false;
  }

  /** Whether there may be something to write. */
  get isOfConcern(): boolean {
    return this.own.size > 0 || this.partings.length > 0 || this.reapers > 0;
  }

  /** Returns whether it is, or may soon be, a registration with this ID. */
  isNamed(id: Id): boolean {
    return this.record?.id === id || this.proposed?.id === id || this.terms?.id === id;
  }

  /** Returns whether the directory has a share. */
  has(share: Id): boolean {
    return this.record?.shares.some(({ id }) => id === share) === true;
  }

  /** Resolves with the next change that concerns the writer. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Reports a change that concerns the writer. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Forgets findings about shares that the directory no longer has. */
  forget(isThere: (share: Id) => boolean): void {
    for (const share of this.disowned) if (!isThere(share)) this.disowned.delete(share);
  }
}

/** Returns a share as it is written. */
export function shareOf({ id, callee }: OwnShare, { node, incarnation }: Pick<Share, "node" | "incarnation">): Share {
  const { session, discloseCaller, forwardTimeout } = callee;
  return { node, incarnation, session: session.id, id, discloseCaller, forwardTimeout };
}
