import type { PublishOptions } from "../wire/options.js";
import type { RealmSession } from "./realm-session.js";

/** The lists of a publication that hold for whoever asks later, too: they name no session. */
export type LastingLists = Pick<
  PublishOptions,
  "exclude_authid" | "exclude_authrole" | "eligible_authid" | "eligible_authrole"
>;

/** Who the lists that name identities are held against. */
type Receiver = Pick<RealmSession, "authid" | "authrole">;

/** Whether a publication names sessions, which come and go: it is then kept for nobody. */
export function namesSessions(options: PublishOptions): boolean {
  return options.exclude !== undefined || options.eligible !== undefined;
}

/** Whether a publication may reach anybody. */
export function isUnrestricted(options: PublishOptions): boolean {
  return (
    !namesSessions(options) &&
    options.exclude_authid === undefined &&
    options.exclude_authrole === undefined &&
    options.eligible_authid === undefined &&
    options.eligible_authrole === undefined
  );
}

/** The lists of a publication that are kept with it. */
export function lastingLists(options: PublishOptions): LastingLists {
  const { exclude_authid, exclude_authrole, eligible_authid, eligible_authrole } = options;
  return {
    ...(exclude_authid && { exclude_authid }),
    ...(exclude_authrole && { exclude_authrole }),
    ...(eligible_authid && { eligible_authid }),
    ...(eligible_authrole && { eligible_authrole }),
  };
}

/** Whether an identity passes the lists that name identities. An absent list does not constrain, an empty `eligible` one means nobody. */
export function passesLists(lists: LastingLists, { authid, authrole }: Receiver): boolean {
  return (
    !lists.exclude_authid?.includes(authid) &&
    !lists.exclude_authrole?.includes(authrole) &&
    (lists.eligible_authid?.includes(authid) ?? true) &&
    (lists.eligible_authrole?.includes(authrole) ?? true)
  );
}

/** How many names `passesLists` may have to look through. */
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
 * Who may get an event: all six lists are ANDed. The publisher is excluded unless `exclude_me` is false; an event of the
 * router's own has none. Spec: Advanced Profile, "Subscriber Black- and Whitelisting" and "Publisher Exclusion".
 */
export function receiverFilter(
  publisher: RealmSession | undefined,
  options: PublishOptions,
): (session: RealmSession) => boolean {
  const excludesMe = options.exclude_me !== false;
  if (isUnrestricted(options)) return excludesMe ? (session) => session !== publisher : () => true;

  const ids = listFilter(options.exclude, options.eligible);
  const authids = listFilter(options.exclude_authid, options.eligible_authid);
  const authroles = listFilter(options.exclude_authrole, options.eligible_authrole);
  return (session) =>
    !(excludesMe && session === publisher) && ids(session.id) && authids(session.authid) && authroles(session.authrole);
}

/** Whether a value passes two lists, each looked through once: one publication may name many and be asked of many. */
function listFilter<T>(excluded: readonly T[] | undefined, eligible: readonly T[] | undefined): (value: T) => boolean {
  const [no, yes] = [new Set(excluded), eligible && new Set(eligible)];
  return (value) => !no.has(value) && (yes?.has(value) ?? true);
}
