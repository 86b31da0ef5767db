import { isDict } from "../../wire/fields.js";
import type { Id } from "../../wire/ids.js";
import { type Authorizer, readDecision } from "../authorizer.js";
import type { Dealer } from "../dealer.js";
import type { RealmSession } from "../realm-session.js";
import type { Roles } from "./roles.js";

/** The interface of an authorizing procedure to its realm. */
export interface ProcedureHost {
  readonly dealer: Dealer;
  readonly sessions: ReadonlyMap<Id, RealmSession>;
  readonly roles: Pick<Roles, "mayDecide">;
  /** Calls a procedure on behalf of the realm. */
  call(procedure: string, args: readonly unknown[]): Promise<unknown>;
}

/**
 * Creates an authorizer that calls a procedure of the application: `(session, uri, action, options)`, with the result true, false
 * or `{ allow, disclose, valid_ms }`. It is never asked about its own callees, so that it cannot wait for itself. Only roles with
 * `permissions` that allow it may register the procedure; these are checked before an authorizer is asked.
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

/** Returns whether a session legitimately serves an authorizing procedure, so that it is not asked about. */
export function serves(
  session: RealmSession,
  procedure: string,
  { dealer, roles }: Pick<ProcedureHost, "dealer" | "roles">,
): boolean {
  const { book } = dealer.registrations;
  const serving = book.lookup(procedure, "exact");
  return serving !== undefined && book.holds(session, serving) && roles.mayDecide(session.authrole);
}

/** Converts a decision from wire names. */
function inOurWords(answer: unknown): unknown {
  if (!isDict(answer)) return answer;
  const { valid_ms: validMs, ...decision } = answer;
  return { ...decision, validMs };
}
