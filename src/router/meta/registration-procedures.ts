import { WampError } from "../../wire/error.js";
import type { Id } from "../../wire/ids.js";
import { NO_SUCH_REGISTRATION } from "../../wire/uris.js";
import { sees } from "../access/visible.js";
import type { RealmSession } from "../realm-session.js";
import { detailsOf } from "../registrations.js";
import { byPolicy, pageAnswer, pageOfIds } from "./pages.js";
import type { MetaProcedure } from "./procedure.js";
import { revoked } from "./revocations.js";
import { idFor, type MetaSubjects, policyOf, requireSession } from "./subjects.js";

/** Creates the procedures about registrations. */
export function registrationProcedures(subjects: MetaSubjects): Readonly<Record<string, MetaProcedure>> {
  const { dealer, uriRules } = subjects;
  const { registrations } = dealer;
  const require = (id: Id, reader: RealmSession) => {
    const registration = registrations.book.byId(id);
    if (registration && sees(reader, "procedure", registration)) return registration;
    throw new WampError(NO_SUCH_REGISTRATION, { args: [`there is no registration ${id}`] });
  };
  return {
    "wamp.registration.list": (given, receiver) =>
      byPolicy(registrations.book, "procedure", { from: given.from(), receiver }),
    "wamp.registration.lookup": (given, caller) => [
      idFor(caller, "procedure", registrations.book.lookup(given.uri("procedure", uriRules), policyOf(given))),
    ],
    "wamp.registration.match": (given, caller) => [
      idFor(caller, "procedure", dealer.registrations.match(given.uri("procedure", uriRules))),
    ],
    "wamp.registration.get": (given, caller) => [detailsOf(require(given.id(0, "registration"), caller))],
    "wamp.registration.list_callees": (given, receiver) => {
      const callees = require(given.id(0, "registration"), receiver).callees.map(({ session }) => session);
      return pageAnswer(pageOfIds(callees, { from: given.from(), receiver }));
    },
    "wamp.registration.count_callees": (given, caller) => [require(given.id(0, "registration"), caller).callees.length],
    "wamp.registration.remove_callee": (given) => {
      const registration = given.id(0, "registration");
      const session = requireSession(subjects, given.id(1, "session"));
      return revoked(subjects, {
        from: "registration",
        entry: registration,
        session,
        reason: given.optionalKwarg("reason"),
      });
    },
  };
}
