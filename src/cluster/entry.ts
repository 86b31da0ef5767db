import type { RegistrationAnswer } from "../router/realm-link.js";
import type { Callee, RegistrationTerms } from "../router/registration.js";
import type { Id } from "../wire/ids.js";
import type { InvocationPolicy } from "../wire/messages.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";
import type { RegistrationRecord, Share } from "./record.js";

/**
 * A share of a session of this node, from REGISTER to its end. `wanted`: it is to be written. `written`: the directory has it, and the others are
 * awaited. `announced`: its session knows, and may be called. `retired`: it is out of the directory, or about to be, and sessions of this node alone may still call it.
 */
export interface OwnShare {
  readonly id: Id;
  readonly callee: Callee;
  readonly invoke: InvocationPolicy;
  /** Those that are answered when it is announced or refused. */
  readonly answers: RegistrationAnswer[];
  state: "wanted" | "written" | "announced" | "retired";
}

/** Whether its session knows of it, so that sessions of this node may call it. */
export function isCallable({ state }: OwnShare): boolean {
  return state === "announced" || state === "retired";
}

/** Who is told when a share is out of the directory. */
interface Parting {
  readonly share: Id;
  readonly done: () => void;
}

/** What this node knows of one registration and wants of it. */
export class Entry {
  readonly key: string;
  readonly uri: Uri;
  readonly match: MatchPolicy;
  /** As the directory has it; `undefined` where it has none. */
  record: RegistrationRecord | undefined;
  /** Of the record; 0 where there is none. */
  revision = 0;
  /** By which its sessions here know it, while it has announced shares here or a record. */
  terms: RegistrationTerms | undefined;
  /** With which it is written where the directory has none. */
  proposed: RegistrationTerms | undefined;
  /** Shares of sessions of this node, by share. */
  readonly own: Map<Id, OwnShare> = new Map();
  /** Shares of other nodes that these have said they do not have any more. */
  readonly disowned: Set<Id> = new Set();
  /** Shares whose nodes are being asked whether they still have them. */
  readonly asked: Set<Id> = new Set();
  /** How many wait for shares of nodes that are gone to be taken out, though nobody here wants anything. */
  reapers = 0;
  /** What is being written, and waited for; never rejects. */
  writing: Promise<void> | undefined;
  /** Something has changed since it was looked at for what is to be written. */
  isDirty = false;
  partings: Parting[] = [];
  #waiting: (() => void)[] = [];

  constructor(key: string, { uri, match }: Pick<RegistrationTerms, "uri" | "match">) {
    this.key = key;
    this.uri = uri;
    this.match = match;
  }

  /** Whether nothing would be lost with it. */
  get isIdle(): boolean {
    return !this.record && this.own.size === 0 && !this.writing && this.partings.length === 0;
  }

  /** Whether there may be something to be written. */
  get isOfConcern(): boolean {
    return this.own.size > 0 || this.partings.length > 0 || this.reapers > 0;
  }

  /** Whether it is, or may be about to be, a registration with this ID. */
  isNamed(id: Id): boolean {
    return this.record?.id === id || this.proposed?.id === id || this.terms?.id === id;
  }

  /** Whether the directory has a share. */
  has(share: Id): boolean {
    return this.record?.shares.some(({ id }) => id === share) === true;
  }

  /** Resolves with the next thing that changes for whoever writes. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Something has changed for whoever writes. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Forgets what was found out about shares that the directory has no more. */
  forget(isThere: (share: Id) => boolean): void {
    for (const share of this.disowned) if (!isThere(share)) this.disowned.delete(share);
  }
}

/** A share as it is written. */
export function shareOf({ id, callee }: OwnShare, { node, incarnation }: Pick<Share, "node" | "incarnation">): Share {
  const { session, discloseCaller, forwardTimeout } = callee;
  return { node, incarnation, session: session.id, id, discloseCaller, forwardTimeout };
}
