import type { Callee, RegistrationTerms } from "../router/registration.js";
import type { Id } from "../wire/ids.js";
import { type Entry, isCallable } from "./entry.js";
import type { LinkContext } from "./link-context.js";
import type { Peer } from "./peer.js";
import type { Share } from "./record.js";
import type { RemoteSession } from "./remote-session.js";
import type { RemoteSessions } from "./remote-sessions.js";

/** Updates the realm's registrations with the callees of the directory that may be called now. */
export class RegistrationTable {
  readonly #context: LinkContext;
  readonly #sessions: RemoteSessions;
  readonly #unknown = new Map<Peer, Map<Id, Set<Entry>>>(); // sessions that have not been announced yet → where they have a share

  constructor(context: LinkContext, sessions: RemoteSessions) {
    this.#context = context;
    this.#sessions = sessions;
  }

  /** Updates the realm's registration from an entry. */
  apply(entry: Entry): void {
    const callees = this.#calleesOf(entry);
    const { record, terms } = entry;
    const known = isKnownOtherwise(entry) ? terms : (record ?? terms);
    if (terms && terms !== known && terms.id !== known?.id) this.#set(terms, []);
    if (known) this.#set(known, callees);
    entry.terms = known && (record || callees.length > 0) ? termsOf(known) : undefined;
  }

  /** Removes a registration that nobody here knows any more. */
  drop(entry: Entry): void {
    if (entry.terms) this.#set(entry.terms, []);
    entry.terms = undefined;
  }

  /** A session of another node may be called from now on. */
  known(peer: Peer, { id }: RemoteSession): void {
    const entries = this.#unknown.get(peer)?.get(id) ?? [];
    this.#unknown.get(peer)?.delete(id);
    for (const entry of entries) this.apply(entry);
  }

  /** The record of an entry is about to change. */
  forget(entry: Entry): void {
    if (this.#unknown.size === 0) return;
    for (const { node, session } of entry.record?.shares ?? []) {
      const peer = this.#context.peers.get(node);
      const waiting = peer && this.#unknown.get(peer);
      const entries = waiting?.get(session);
      entries?.delete(entry);
      if (entries?.size === 0) waiting?.delete(session);
    }
  }

  /** A peer has gone down. Its sessions are no longer in the table. */
  down(peer: Peer): void {
    this.#unknown.delete(peer);
  }

  #set({ id, uri, match, invoke, createdMs }: RegistrationTerms, callees: readonly Callee[]): void {
    this.#context.realm.applyRegistration({ id, uri, match, invoke, createdMs, callees });
  }

  /** Returns the callees that may be called now. For the others, this node or their session is not informed yet. */
  #calleesOf(entry: Entry): readonly Callee[] {
    const callees: Callee[] = [];
    const there = new Set<Id>();
    for (const share of entry.record?.shares ?? []) {
      there.add(share.id);
      const isOwn = share.node === this.#context.me.node;
      const callee = isOwn ? announced(entry, share) : this.#remoteCallee(entry, share);
      if (callee) callees.push(callee);
    }
    for (const own of entry.own.values()) {
      if (isCallable(own) && !there.has(own.id)) callees.push(own.callee); // it is about to be written again, or retired
    }
    return callees;
  }

  #remoteCallee(entry: Entry, share: Share): Callee | undefined {
    const peer = this.#context.peers.get(share.node);
    if (!peer || peer.incarnation !== share.incarnation) return undefined;
    const session = this.#sessions.find(share.node, share.session);
    const { discloseCaller, forwardTimeout } = share;
    if (session) return { session, discloseCaller, forwardTimeout };
    const waiting = this.#unknown.get(peer) ?? new Map<Id, Set<Entry>>();
    this.#unknown.set(peer, waiting.set(share.session, (waiting.get(share.session) ?? new Set()).add(entry)));
    return undefined;
  }
}

/**
 * Returns whether local sessions know a registration under another ID than the directory, whose callees have all left. The local ID
 * is about to be written.
 */
function isKnownOtherwise({ record, terms, own }: Entry): boolean {
  if (!record || !terms || record.id === terms.id) return false;
  for (const each of own.values()) if (isCallable(each)) return true;
  return false;
}

function announced(entry: Entry, share: Share): Callee | undefined {
  const own = entry.own.get(share.id);
  return own && isCallable(own) ? own.callee : undefined;
}

function termsOf({ id, uri, match, invoke, createdMs }: RegistrationTerms): RegistrationTerms {
  return { id, uri, match, invoke, createdMs };
}
