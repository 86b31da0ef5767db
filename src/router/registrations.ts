import { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import { isReserved, PROCEDURE_ALREADY_EXISTS } from "../wire/uris.js";
import { overlap, type Pattern } from "./access/overlap.js";
import { checkRealmLimit, checkSessionLimit } from "./limits.js";
import { PatternBook } from "./pattern-book.js";
import { type MetaEvent, type MetaSubject, type RealmSession, type Surroundings, timestamp } from "./realm-session.js";
import { type Callee, Registration, type RegistrationRequest, type RegistrationTerms } from "./registration.js";

/**
 * All registrations of a realm, and their meta events. Spec: Advanced Profile, "Shared Registration", "Pattern-based
 * Registrations" and "Registration Meta API".
 */
export class Registrations {
  readonly book: PatternBook<Registration> = new PatternBook();
  readonly #surroundings: Surroundings;
  /** Calls go to callees of this router where there are some. */
  prefersOwn: boolean = false;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** The numbers of registrations and of sessions with a registration. */
  get stats(): { readonly registrations: number; readonly callees: number } {
    return { registrations: this.book.size, callees: this.book.holders };
  }

  /** Returns the number of registrations of a session. */
  countOf(session: RealmSession): number {
    return this.book.countOf(session);
  }

  /** Returns the registration with this ID if the session is one of its callees. */
  find(session: RealmSession, id: Id): Registration | undefined {
    const registration = this.book.byId(id);
    return registration && this.book.holds(session, registration) ? registration : undefined;
  }

  /** Returns the best-matching registration of a URI whose callees may all serve it. URIs in `wamp.` have no callees. */
  match(procedure: string): Registration | undefined {
    if (isReserved(procedure)) return undefined;
    const registration = this.book.best(procedure);
    if (!registration || registration.match === "exact" || mayAnswer(registration, procedure)) return registration;
    return this.matches(procedure).at(0);
  }

  /** Returns all matching registrations whose callees may serve a URI, best first. */
  matches(procedure: string): readonly Registration[] {
    return this.book.ranked(procedure).filter((each) => mayAnswer(each, procedure));
  }

  /** Returns whether a session has a registration that overlaps a pattern. */
  holdsSome(session: RealmSession, pattern: Pattern): boolean {
    if (pattern.match === "exact")
      return this.book.matching(pattern.uri).some((each) => this.book.holds(session, each));
    let looked = 0;
    for (const each of this.book.heldBy(session)) {
      if (overlap(each, pattern)) return true;
      if (++looked === MOST_LOOKED) return false;
    }
    return false;
  }

  /**
   * Adds a callee. Throws `wamp.error.procedure_already_exists` unless both sides use the same shared policy, and
   * `wampact.error.limit_exceeded`. Registering again returns the same registration without adding the session twice.
   */
  add(request: RegistrationRequest): Registration {
    const { session } = request.callee;
    const existing = this.book.lookup(request.procedure, request.match);
    if (existing) checkShared(existing, request);
    if (existing && this.book.holds(session, existing)) return existing;
    this.checkLimits(session, { isNew: !existing });
    const registration = existing ?? this.#create(this.#termsOf(request), session);
    registration.add(request.callee);
    this.#hold(session, registration);
    return registration;
  }

  /** Returns the requested registration if the session is already a callee. Throws `wamp.error.procedure_already_exists`. */
  heldAs(request: RegistrationRequest): Registration | undefined {
    const existing = this.book.lookup(request.procedure, request.match);
    if (!existing || !this.book.holds(request.callee.session, existing)) return undefined;
    checkShared(existing, request);
    return existing;
  }

  /** Throws `wampact.error.limit_exceeded` if a session may not have another registration; `underWay` counts pending ones. */
  checkLimits(
    session: RealmSession,
    { isNew, underWay = 0 }: { readonly isNew: boolean; readonly underWay?: number },
  ): void {
    checkSessionLimit(session, "maxRegistrations", { held: this.book.countOf(session) + underWay });
    if (isNew) checkRealmLimit(this.#surroundings.limits, "maxRegistrations", { held: this.book.size + underWay });
  }

  /** Updates a registration to the state in a directory: these callees in this order. Without callees it is removed. */
  apply(terms: RegistrationTerms, callees: readonly Callee[]): void {
    const { id, uri, match } = terms;
    this.book.lookup(uri, match); // clears a dropped registration of this pattern
    let registration = this.book.byId(id);
    const [first] = callees;
    if (first) registration ??= this.#create(terms, first.session);
    if (!registration) return;
    const before = new Set(registration.callees.map(({ session }) => session));
    const after = new Set(callees.map(({ session }) => session));
    if (first) registration.replace(callees);
    for (const session of after) if (!before.has(session)) this.#hold(session, registration);
    for (const session of before) if (!after.has(session)) this.remove(session, registration);
  }

  remove(session: RealmSession, registration: Registration): void {
    this.book.release(session, registration);
    this.#takeOut(session, registration);
    for (const event of this.#partings(session, [registration])) this.#surroundings.emit(...event);
  }

  /** Removes the session from all registrations at once. The cleanup and the meta events may follow in slices. */
  leave(session: RealmSession): void {
    const left = this.book.releaseAll(session);
    for (const registration of left) this.#takeOut(session, registration);
    if (left.size > 0) this.#surroundings.emitEach(this.#partings(session, left));
  }

  #takeOut(session: RealmSession, registration: Registration): void {
    registration.remove(session);
    if (registration.callees.length === 0) this.book.drop(registration, session);
  }

  /** Yields the meta events of a session that has left. Clears a registration before its last event. */
  *#partings(session: RealmSession, left: Iterable<Registration>): Iterable<MetaEvent> {
    for (const registration of left) {
      const args = [session.id, registration.id];
      const about = subjectOf(registration);
      yield ["wamp.registration.on_unregister", args, about];
      if (registration.leftBy !== session) continue;
      this.book.clear(registration);
      yield ["wamp.registration.on_delete", args, about];
    }
  }

  #termsOf({ procedure: uri, match, invoke }: RegistrationRequest): RegistrationTerms {
    return { id: this.book.nextId(), createdMs: this.#surroundings.clock.now(), uri, match, invoke };
  }

  #create(terms: RegistrationTerms, session: RealmSession): Registration {
    const registration = new Registration(terms, this.prefersOwn);
    this.book.add(registration);
    const args = [session.id, detailsOf(registration)];
    this.#surroundings.emit("wamp.registration.on_create", args, subjectOf(registration));
    return registration;
  }

  #hold(session: RealmSession, registration: Registration): void {
    this.book.hold(session, registration);
    this.#surroundings.emit("wamp.registration.on_register", [session.id, registration.id], subjectOf(registration));
  }
}

/** Returns whether every callee of a registration may serve a URI. An exact URI was checked when it was registered. */
function mayAnswer({ callees }: Registration, procedure: string): boolean {
  return callees.every(({ session: { grants } }) => grants.permissions?.allows("register", procedure) !== false);
}

function subjectOf({ uri, match }: Registration): MetaSubject {
  return { kind: "procedure", uri, match };
}

/** Returns a registration in the form of the meta API. */
export function detailsOf({ id, createdMs, uri, match, invoke }: Registration): Readonly<Record<string, unknown>> {
  return { id, created: timestamp(createdMs), uri, match, invoke };
}

/** The maximum number of a session's registrations that are compared with a pattern. */
const MOST_LOOKED = 1_000;

function checkShared(existing: Registration, request: RegistrationRequest): void {
  if (existing.invoke === request.invoke && request.invoke !== "single") return;
  throw new WampError(PROCEDURE_ALREADY_EXISTS, {
    args: [`"${request.procedure}" is registered with match "${existing.match}" and invoke "${existing.invoke}"`],
  });
}
