import type { Dict } from "../../wire/fields.js";
import { type Id, isId } from "../../wire/ids.js";
import type { RealmSession } from "../realm-session.js";
import type { MetaAnswer } from "./procedure.js";
import { type MetaSubjects, requireSession } from "./subjects.js";

/** The removal of a session from a registration or a subscription. */
interface Revocation {
  readonly from: "registration" | "subscription";
  readonly entry: Id;
  readonly session: RealmSession;
  readonly reason: string | undefined;
}

/** The question to the router of the session. */
export const REVOKE = "revoke";

/** Revokes an entry of a session at any router. Throws `wamp.error.no_such_registration` or `wamp.error.no_such_subscription`. */
export function revoked(
  subjects: MetaSubjects,
  { session, from, entry, reason }: Revocation,
): MetaAnswer | Promise<MetaAnswer> {
  const { node } = session;
  if (node === undefined) return revoke(subjects, { session, from, entry, reason });
  const given = { session: session.id, from, entry, ...(reason !== undefined && { reason }) };
  const asked = subjects.link()?.ask({ about: REVOKE, given }, node);
  return asked ? asked.then(() => []) : [];
}

/** Revokes an entry at the request of another router. Throws like `revoked`, and `wamp.error.no_such_session`. */
export function answerRevoke(subjects: MetaSubjects, { session: id, from, entry, reason }: Dict): null {
  if (!isId(id) || !isId(entry)) return null;
  const session = requireSession(subjects, id);
  revoke(subjects, {
    session,
    from: from === "registration" ? "registration" : "subscription",
    entry,
    reason: typeof reason === "string" ? reason : undefined,
  });
  return null;
}

function revoke({ dealer, broker }: MetaSubjects, { session, from, entry, reason }: Revocation): readonly [] {
  if (from === "registration") dealer.revoke(session, entry, reason);
  else broker.revoke(session, entry, reason);
  return [];
}
