import type { RegistrationTerms } from "../router/registration.js";
import { WampError } from "../wire/error.js";
import { INVALID_ARGUMENT, PROCEDURE_ALREADY_EXISTS } from "../wire/uris.js";
import type { Incarnation } from "./engine.js";
import { type Entry, type OwnShare, shareOf } from "./entry.js";
import type { RegistrationRecord, Share } from "./record.js";

/** Sessions that may share one registration. */
const MOST_CALLEES = 10_000;

/** What a plan is made by. */
export interface Planner {
  readonly realm: string;
  readonly me: Incarnation;
  /** Whether the incarnation of another node is there. */
  isLive(share: Share): boolean;
  /** The terms of a registration that is made anew. */
  newTerms(entry: Entry, own: OwnShare): RegistrationTerms;
}

/** What is to be done about one key. */
export interface Plan {
  /** What is to be written, if anything: a record, or that there is none. */
  readonly write: { readonly record: RegistrationRecord | undefined } | undefined;
  /** Shares that cannot be had, and why. */
  readonly refused: readonly (readonly [OwnShare, WampError])[];
  /** Shares of other nodes that stand in the way: these are to be asked whether they still have them. */
  readonly doubts: readonly Share[];
}

/** Judges what sessions of this node want by what the directory has. */
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

/** Whether a share can stand beside those that are there. */
export function canShare(terms: Pick<RegistrationTerms, "invoke">, { invoke }: Pick<OwnShare, "invoke">): boolean {
  return terms.invoke === invoke && invoke !== "single";
}

function termsIn({ id, uri, match, invoke, createdMs }: RegistrationTerms): RegistrationTerms {
  return { id, uri, match, invoke, createdMs };
}

/** Why a share cannot be had next to those that are there. */
export function alreadyExists({ uri, match, invoke }: Omit<RegistrationTerms, "id" | "createdMs">): WampError {
  return new WampError(PROCEDURE_ALREADY_EXISTS, {
    args: [`"${uri}" is registered with match "${match}" and invoke "${invoke}"`],
  });
}

function tooMany({ uri }: Entry): WampError {
  return new WampError(INVALID_ARGUMENT, { args: [`"${uri}" has ${MOST_CALLEES} callees, which is the most`] });
}
