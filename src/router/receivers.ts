import type { Id } from "../wire/ids.js";
import type { PublishOptions } from "../wire/options.js";
import type { RealmSession } from "./realm-session.js";

/** The receiver lists of a publication that also apply to later subscribers, because they contain no session IDs. */
export type LastingLists = Pick<
  PublishOptions,
  "exclude_authid" | "exclude_authrole" | "eligible_authid" | "eligible_authrole"
>;

/** The identity that the lists are checked against. */
type Receiver = Pick<RealmSession, "authid" | "authrole">;

/** Returns whether a publication lists session IDs. Such a publication is not stored. */
export function namesSessions(options: PublishOptions): boolean {
  return options.exclude !== undefined || options.eligible !== undefined;
}

/** Returns whether a publication has no receiver lists. */
export function isUnrestricted(options: PublishOptions): boolean {
  return (
    !namesSessions(options) &&
    options.exclude_authid === undefined &&
    options.exclude_authrole === undefined &&
    options.eligible_authid === undefined &&
    options.eligible_authrole === undefined
  );
}

/** Returns the receiver lists to store with a publication. */
export function lastingLists(options: PublishOptions): LastingLists {
  const { exclude_authid, exclude_authrole, eligible_authid, eligible_authrole } = options;
  return {
    ...(exclude_authid && { exclude_authid }),
    ...(exclude_authrole && { exclude_authrole }),
    ...(eligible_authid && { eligible_authid }),
    ...(eligible_authrole && { eligible_authrole }),
  };
}

/** Returns whether an identity passes the lists. An absent list does not restrict; an empty `eligible` list excludes everyone. */
export function passesLists(lists: LastingLists, { authid, authrole }: Receiver): boolean {
  return (
    !lists.exclude_authid?.includes(authid) &&
    !lists.exclude_authrole?.includes(authrole) &&
    (lists.eligible_authid?.includes(authid) ?? true) &&
    (lists.eligible_authrole?.includes(authrole) ?? true)
  );
}

/** Returns the number of names that `passesLists` may have to check. */
export function namesIn({
  exclude_authid,
  exclude_authrole,
  eligible_authid,
  eligible_authrole,
}: LastingLists): number {
  const lists = [exclude_authid, exclude_authrole, eligible_authid, eligible_authrole];
  return lists.reduce((sum, list) => sum + (list?.length ?? 0), 0);
}

/**
 * Returns a filter for the receivers of an event. All six lists are combined with AND. The publisher is excluded unless
 * `exclude_me` is false. Spec: Advanced Profile, "Subscriber Black- and Whitelisting" and "Publisher Exclusion".
 */
export function receiverFilter(
  publisher: RealmSession | undefined,
  options: PublishOptions,
): (session: RealmSession) => boolean {
  const excludesMe = options.exclude_me !== false;
  if (isUnrestricted(options)) return excludesMe ? (session) => session !== publisher : () => true;

  const ids = listFilter(options.exclude, options.eligible, idTest);
  const authids = listFilter(options.exclude_authid, options.eligible_authid, textTest);
  const authroles = listFilter(options.exclude_authrole, options.eligible_authrole, textTest);
  return (session) =>
    !(excludesMe && session === publisher) && ids(session.id) && authids(session.authid) && authroles(session.authrole);
}

/** Returns a filter for two lists. `testOf` prepares a list, because it may be long and have many receivers to check. */
function listFilter<T>(
  excluded: readonly T[] | undefined,
  eligible: readonly T[] | undefined,
  testOf: (list: readonly T[]) => (value: T) => boolean,
): (value: T) => boolean {
  const [isExcluded, isEligible] = [excluded && testOf(excluded), eligible && testOf(eligible)];
  return (value) => isExcluded?.(value) !== true && isEligible?.(value) !== false;
}

function textTest(list: readonly string[]): (text: string) => boolean {
  const all = new Set(list);
  return (text) => all.has(text);
}

/**
 * Returns a test for the IDs in a list. It searches a sorted list: V8 hashes numbers without a seed, so that a client could choose
 * 100,000 IDs with which a `Set` blocks the router for many seconds.
 */
function idTest(list: readonly Id[]): (id: Id) => boolean {
  const sorted = Float64Array.from(list).sort();
  return (id) => {
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((sorted[middle] as number) < id) from = middle + 1;
      else to = middle;
    }
    return sorted[from] === id;
  };
}
