import type { RegistrationTerms } from "../router/registration.js";
import { WampError } from "../wire/error.js";
import { INVALID_ARGUMENT, PROCEDURE_ALREADY_EXISTS } from "../wire/uris.js";
import type { Incarnation } from "./engine.js";
import { type Entry, type OwnShare, shareOf } from "./entry.js";
import type { RegistrationRecord, Share } from "./record.js";

/** The maximum number of sessions that may share one registration. */
const MOST_CALLEES = 10_000;

/** The inputs of a plan. */
export interface Planner {
  readonly realm: string;
  readonly me: Incarnation;
  /** Returns whether the incarnation of another node is live. */
  isLive(share: Share): boolean;
  /** Returns the terms of a new registration. */
  newTerms(entry: Entry, own: OwnShare): RegistrationTerms;
}

/** The changes needed for one key. */
export interface Plan {
  /** The record to write, or `{ record: undefined }` to delete it. `undefined` if there is nothing to write. */
  readonly write: { readonly record: RegistrationRecord | undefined } | undefined;
  /** Shares that are refused, and why. */
  readonly refused: readonly (readonly [OwnShare, WampError])[];
  /** Conflicting shares of other nodes. Their nodes must be asked whether they still have them. */
  readonly doubts: readonly Share[];
}

/** Compares the requests of local sessions with the record of the directory, and returns the changes needed. */
export function planOf(entry: Entry, { realm, me, isLive, newTerms }: Planner): Plan {
  const { record, own, disowned, reapers } = entry;
  const shares: Share[] = [];
  const refused: [OwnShare, WampError][] = [];
  const doubts = new Set<Share>();
  let changes = false;
  for (const share of record?.shares ?? []) {
    if (share.node === me.node) {
      const isOwn = own.has(share.id) && own.get(share.id)?.state !== "retired";
      if (isOwn) shares.push({ ...share, incarnation: me.incarnation });
      if (!isOwn || share.incarnation !== me.incarnation) changes = true;
    } else if (isLive(share) && !disowned.has(share.id)) shares.push(share);
    else if (reapers > 0) changes = true;
  }
  const there = new Set(shares.map(({ id }) => id));
  let terms: RegistrationTerms | undefined = shares.length > 0 ? record : undefined;
  for (const each of own.values()) {
    if (there.has(each.id) || each.state === "retired" || me.incarnation === 0) continue; // it waits for this node to join
    if (terms && !canShare(terms, each)) {
      const others = shares.filter(({ node }) => node !== me.node);
      if (others.length === shares.length) for (const share of others) doubts.add(share);
      else refused.push([each, alreadyExists(terms)]);
    } else if (shares.length >= MOST_CALLEES) refused.push([each, tooMany(entry)]);
    else {
      terms ??= newTerms(entry, each);
      shares.push(shareOf(each, me));
      changes = true;
    }
  }
  const after = terms && shares.length > 0 ? { ...termsIn(terms), realm, shares } : undefined;
  return { write: changes ? { record: after } : undefined, refused, doubts: [...doubts] };
}

/** Returns whether a share can be added to the existing ones. */
export function canShare(terms: Pick<RegistrationTerms, "invoke">, { invoke }: Pick<OwnShare, "invoke">): boolean {
  return terms.invoke === invoke && invoke !== "single";
}

function termsIn({ id, uri, match, invoke, createdMs }: RegistrationTerms): RegistrationTerms {
  return { id, uri, match, invoke, createdMs };
}

/** Returns the error for a share that conflicts with existing ones. */
export function alreadyExists({ uri, match, invoke }: Omit<RegistrationTerms, "id" | "createdMs">): WampError {
  return new WampError(PROCEDURE_ALREADY_EXISTS, {
    args: [`"${uri}" is registered with match "${match}" and invoke "${invoke}"`],
  });
}

function tooMany({ uri }: Entry): WampError {
  return new WampError(INVALID_ARGUMENT, { args: [`"${uri}" has ${MOST_CALLEES} callees, which is the most`] });
}
