import { isDict } from "../../wire/fields.js";
import type { Id } from "../../wire/ids.js";
import { type Authorizer, readDecision } from "../authorizer.js";
import type { Dealer } from "../dealer.js";
import type { RealmSession } from "../realm-session.js";
import type { Roles } from "./roles.js";

/** What an authorizing procedure needs of its realm. */
export interface ProcedureHost {
  readonly dealer: Dealer;
  readonly sessions: ReadonlyMap<Id, RealmSession>;
  readonly roles: Pick<Roles, "mayDecide">;
  /** Calls a procedure for the realm itself. */
  call(procedure: string, args: readonly unknown[]): Promise<unknown>;
}

/**
 * Makes an authorizer of a procedure of the application: `(session, uri, action, options)`, answered with true, false or
 * `{ allow, disclose, valid_ms }`. Those who serve it are never asked about, so that nobody waits for itself, and only those to whose role the
 * realm gives `permissions` that allow it may register it: these have been looked at before an authorizer is asked.
 */
export function authorizingProcedure(procedure: string, host: ProcedureHost): Authorizer {
  const { sessions, roles, call } = host;
  return (who, action, uri, options) => {
    const session = sessions.get(who.session);
    if (session && serves(session, procedure, host)) return true;
    const { match = "exact" } = options;
    if (action === "register" && uri === procedure && match === "exact") return roles.mayDecide(who.authrole);
    return call(procedure, [who, uri, action, options]).then((answer) => readDecision(inOurWords(answer)));
  };
}

/** Whether a session serves an authorizing procedure, and may, so that it is never asked about. */
export function serves(
  session: RealmSession,
  procedure: string,
  { dealer, roles }: Pick<ProcedureHost, "dealer" | "roles">,
): boolean {
  const { book } = dealer.registrations;
  const serving = book.lookup(procedure, "exact");
  return serving !== undefined && book.holds(session, serving) && roles.mayDecide(session.authrole);
}

/** The decision with the names that a function's has. */
function inOurWords(answer: unknown): unknown {
  if (!isDict(answer)) return answer;
  const { valid_ms: validMs, ...decision } = answer;
  return { ...decision, validMs };
}
