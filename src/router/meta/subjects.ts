import { WampError } from "../../wire/error.js";
import type { Id } from "../../wire/ids.js";
import { type MatchPolicy, NO_SUCH_SESSION } from "../../wire/uris.js";
import { type Kind, sees } from "../access/visible.js";
import type { Broker } from "../broker.js";
import type { Dealer } from "../dealer.js";
import type { Farewell } from "../dismissals.js";
import type { PatternEntry } from "../pattern-book.js";
import type { Policies } from "../policy.js";
import type { RealmLink } from "../realm-link.js";
import type { RealmSession } from "../realm-session.js";
import { requireMatchPolicy, type UriRules } from "../requests.js";
import type { Testaments } from "../testaments.js";
import type { MetaArguments } from "./arguments.js";
import type { Reflection } from "./reflection.js";

/** The parts of a realm that the meta API uses. */
export interface MetaSubjects {
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly reflection: Reflection;
  readonly testaments: Testaments;
  readonly policies: Policies | undefined;
  /** The sessions, including those of other routers. */
  readonly sessions: ReadonlyMap<Id, RealmSession>;
  readonly uriRules: UriRules;
  /** Returns the link to other routers; `undefined` without a cluster. */
  link(): RealmLink | undefined;
  /**
   * Ends the sessions that pass a test and returns them. They leave at once and are notified one after another. `silent` skips their
   * meta events and testaments.
   */
  endAll(test: (session: RealmSession) => boolean, farewell: Farewell, silent: boolean): readonly RealmSession[];
}

/** Returns a session. Throws `wamp.error.no_such_session`. */
export function requireSession(
  { sessions }: Pick<MetaSubjects, "sessions">,
  id: Id,
  except?: RealmSession,
): RealmSession {
  const session = sessions.get(id);
  if (session && session !== except) return session;
  throw new WampError(NO_SUCH_SESSION, {
    args: [`there is no ${except ? "other " : ""}session ${id} in this realm`],
  });
}

/** Reads the match policy in the options, which are the second argument. */
export function policyOf(given: MetaArguments): MatchPolicy {
  const { match } = given.optionalDict(1, "options");
  return requireMatchPolicy(typeof match === "string" ? match : undefined);
}

/** Returns the ID of an entry that a session may know about, else null. */
export function idFor(reader: RealmSession, kind: Kind, entry: PatternEntry | undefined): Id | null {
  return entry && sees(reader, kind, entry) ? entry.id : null;
}
