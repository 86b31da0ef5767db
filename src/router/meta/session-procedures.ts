import { WampError } from "../../wire/error.js";
import { Payload } from "../../wire/payload.js";
import * as uris from "../../wire/uris.js";
import type { Farewell } from "../dismissals.js";
import { type RealmSession, sessionDetails } from "../realm-session.js";
import { checkUri, type UriRules } from "../requests.js";
import type { MetaArguments } from "./arguments.js";
import { mostIds, pageAnswer, pageOfIds } from "./pages.js";
import type { MetaAnswer, MetaProcedure } from "./procedure.js";
import { type MetaSubjects, requireSession } from "./subjects.js";

/** Creates the procedures about sessions. */
export function sessionProcedures(subjects: MetaSubjects): Readonly<Record<string, MetaProcedure>> {
  const { sessions, uriRules, endAll } = subjects;
  return {
    "wamp.session.count": (given) => [countOf(ofRoles(sessions.values(), given))],
    "wamp.session.list": (given, receiver) =>
      pageAnswer(pageOfIds(ofRoles(sessions.values(), given), { from: given.from(), receiver })),
    "wamp.session.get": (given) => [sessionDetails(requireSession(subjects, given.id(0, "session")))],
    "wamp.session.kill": (given, caller) => {
      const victim = requireSession(subjects, given.id(0, "session"), caller);
      const { reason, message } = farewell(given, uriRules);
      victim.goodbye(reason, message);
      return victim.node === undefined ? [] : gone(subjects, []);
    },
    "wamp.session.kill_by_authid": (given, caller) => {
      const authid = given.text(0, "authid");
      const ofIdentity = (session: RealmSession) => session !== caller && session.authid === authid;
      const victims = endAll(ofIdentity, farewell(given, uriRules), false);
      const told = victims.slice(0, mostIds(caller));
      const rest = told.length < victims.length ? { more: true, count: victims.length } : {}; // they have left, so no further page can list them
      return gone(subjects, Payload.of([told.map(({ id }) => id)], rest));
    },
    "wamp.session.kill_by_authrole": (given, caller) => {
      const authrole = given.text(0, "authrole");
      const ofRole = (session: RealmSession) => session !== caller && session.authrole === authrole;
      return gone(subjects, [endAll(ofRole, farewell(given, uriRules), false).length]);
    },
    "wamp.session.kill_all": (given, caller) => {
      const isOther = (session: RealmSession) => session !== caller;
      return gone(subjects, [endAll(isOther, farewell(given, uriRules), true).length]); // no audience is left
    },
  };
}

/** Returns the answer after sessions were ended. If other routers must end theirs, it waits for that. */
function gone(subjects: MetaSubjects, answer: MetaAnswer): MetaAnswer | Promise<MetaAnswer> {
  const link = subjects.link();
  return link ? link.flush().then(() => answer) : answer;
}

/** Returns the reason and the message of GOODBYE from a kill's keyword arguments. */
function farewell(given: MetaArguments, { limits }: UriRules): Farewell {
  const reason = given.kwargs.reason ?? uris.KILLED;
  if (typeof reason !== "string") {
    throw new WampError(uris.INVALID_URI, { args: [`reason: expected a URI such as ${uris.KILLED}`] });
  }
  checkUri(reason, { limits, strictUris: false });
  return { reason, message: given.optionalKwarg("message") };
}

/** Returns the sessions with the roles in the first argument; all sessions if it is missing. */
function ofRoles(sessions: Iterable<RealmSession>, given: MetaArguments): Iterable<RealmSession> {
  const authroles = given.optionalTexts(0, "filter_authroles");
  return authroles ? filtered(sessions, new Set(authroles)) : sessions;
}

function* filtered(sessions: Iterable<RealmSession>, authroles: ReadonlySet<string>): Iterable<RealmSession> {
  for (const session of sessions) if (authroles.has(session.authrole)) yield session;
}

function countOf(all: Iterable<unknown>): number {
  let count = 0;
  for (const _ of all) count++;
  return count;
}
