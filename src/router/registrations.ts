import { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { InvocationPolicy } from "../wire/messages.js";
import { type MatchPolicy, PROCEDURE_ALREADY_EXISTS, type Uri } from "../wire/uris.js";
import { overlap, type Pattern } from "./access/overlap.js";
import { checkRealmLimit, checkSessionLimit } from "./limits.js";
import { PatternBook, type PatternEntry } from "./pattern-book.js";
import { type MetaEvent, type MetaSubject, type RealmSession, type Surroundings, timestamp } from "./realm-session.js";
import { nodeOf } from "./shards.js";

/** A session's share in a registration, with what it asked for. */
export interface Callee {
  readonly session: RealmSession;
  readonly discloseCaller: boolean;
  /** The callee watches the time limit of calls itself. */
  readonly forwardTimeout: boolean;
}

/** What a session asks for when it registers. */
export interface RegistrationRequest {
  readonly procedure: string;
  readonly match: MatchPolicy;
  readonly invoke: InvocationPolicy;
  readonly callee: Callee;
}

/** The callees of one procedure or pattern under one match policy, and whose turn it is. */
export class Registration implements PatternEntry {
  readonly id: Id;
  /** The procedure, or the pattern of procedures. */
  readonly uri: Uri;
  readonly match: MatchPolicy;
  readonly invoke: InvocationPolicy;
  /** When it was made, in milliseconds since 1970. */
  readonly createdMs: number;
  leftBy: object | undefined;
  readonly #callees: Callee[] = []; // in the order they registered
  #turn = 0;

  constructor(made: { readonly id: Id; readonly createdMs: number }, request: RegistrationRequest) {
    this.id = made.id;
    this.createdMs = made.createdMs;
    this.uri = request.procedure;
    this.match = request.match;
    this.invoke = request.invoke;
  }

  get callees(): readonly Callee[] {
    return this.#callees;
  }

  add(callee: Callee): void {
    this.#callees.push(callee);
  }

  remove(session: RealmSession): void {
    const index = this.#callees.findIndex((callee) => callee.session === session);
    if (index === -1) return;
    this.#callees.splice(index, 1);
    if (index < this.#turn) this.#turn--; // nobody is passed over because an earlier one left
  }

  /** The callee of the next call by the policy. There is always one: the last out takes the registration along. */
  peek(random: () => number): Callee {
    const count = this.#callees.length;
    const position = this.invoke === "roundrobin" ? this.#turn % count : startOf(this.invoke, count, random);
    const callee = this.#callees[position] as Callee;
    return callee.session.frozen ? (this.#next(isAwake, random) ?? callee) : callee;
  }

  /** A call goes to this callee: it is the next one's turn. */
  advance(callee: Callee): void {
    if (this.invoke !== "roundrobin") return;
    const turn = this.#turn % this.#callees.length;
    this.#turn = (this.#callees[turn] === callee ? turn : this.#callees.indexOf(callee)) + 1;
  }

  /** Picks the callee a resource key belongs to. Spec: "Sharded Registration". */
  pickFor(resourceKey: string): Callee {
    const node = nodeOf(
      resourceKey,
      this.#callees.map(({ session }) => String(session.id)),
    );
    return this.#callees.find(({ session }) => String(session.id) === node) as Callee;
  }

  /**
   * Picks another callee by the policy, after some that were not available. One that is frozen is the last choice.
   * Spec: "Call Re-Routing".
   */
  pickInstead(refused: ReadonlySet<RealmSession>, random: () => number): Callee | undefined {
    if (this.invoke === "single") return undefined;
    const isLeft = ({ session }: Callee) => !refused.has(session);
    const next = this.#next((callee) => isLeft(callee) && isAwake(callee), random) ?? this.#next(isLeft, random);
    if (next) this.advance(next);
    return next;
  }

  /** The next by the policy among some of the callees. */
  #next(isOne: (callee: Callee) => boolean, random: () => number): Callee | undefined {
    if (this.invoke === "random") {
      const some = this.#callees.filter(isOne);
      return some[startOf(this.invoke, some.length, random)];
    }
    const count = this.#callees.length;
    const start = this.invoke === "roundrobin" ? this.#turn : 0;
    for (let index = 0; index < count; index++) {
      const callee = this.#callees[this.invoke === "last" ? count - 1 - index : (start + index) % count] as Callee;
      if (isOne(callee)) return callee;
    }
    return undefined;
  }
}

function isAwake({ session }: Callee): boolean {
  return !session.frozen;
}

function startOf(invoke: InvocationPolicy, count: number, random: () => number): number {
  if (invoke === "random") return Math.floor(random() * count);
  return invoke === "last" ? count - 1 : 0;
}

/**
 * All registrations of a realm, with the meta events of their lives. Spec: Advanced Profile, "Shared Registration",
 * "Pattern-based Registrations" and "Registration Meta API".
 */
export class Registrations {
  readonly book: PatternBook<Registration> = new PatternBook();
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** How many registrations there are, and sessions that have a share in one. */
  get stats(): { readonly registrations: number; readonly callees: number } {
    return { registrations: this.book.size, callees: this.book.holders };
  }

  /** How many registrations a session has a share in. */
  countOf(session: RealmSession): number {
    return this.book.countOf(session);
  }

  /** The registration with this ID, if the session has a share in it. */
  find(session: RealmSession, id: Id): Registration | undefined {
    const registration = this.book.byId(id);
    return registration && this.book.holds(session, registration) ? registration : undefined;
  }

  /** Whether a session has registered something that a pattern matches, at least in part. */
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
   * Gives the session a share. Throws `wamp.error.procedure_already_exists` unless both sides share under one policy, and
   * `wampact.error.limit_exceeded`. Registering the same again gives the same registration and no second share.
   */
  add(request: RegistrationRequest): Registration {
    const { session } = request.callee;
    const existing = this.book.lookup(request.procedure, request.match);
    if (existing) checkShared(existing, request);
    if (existing && this.book.holds(session, existing)) return existing;
    checkSessionLimit(session, "maxRegistrations", { held: this.book.countOf(session) });
    if (!existing) checkRealmLimit(this.#surroundings.limits, "maxRegistrations", { held: this.book.size });
    const registration = existing ?? this.#create(request);
    registration.add(request.callee);
    this.book.hold(session, registration);
    this.#surroundings.emit("wamp.registration.on_register", [session.id, registration.id], subjectOf(registration));
    return registration;
  }

  remove(session: RealmSession, registration: Registration): void {
    this.book.release(session, registration);
    this.#takeOut(session, registration);
    for (const event of this.#partings(session, [registration])) this.#surroundings.emit(...event);
  }

  /** Takes the session out of all of them at once. What that leaves to be done and told may be much, and is done bit by bit. */
  leave(session: RealmSession): void {
    const left = this.book.releaseAll(session);
    for (const registration of left) this.#takeOut(session, registration);
    if (left.size > 0) this.#surroundings.emitEach(this.#partings(session, left));
  }

  #takeOut(session: RealmSession, registration: Registration): void {
    registration.remove(session);
    if (registration.callees.length === 0) this.book.drop(registration, session);
  }

  /** The meta events of a session that is out; before the last of a registration, that one is cleared. */
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

  #create(request: RegistrationRequest): Registration {
    const made = { id: this.book.nextId(), createdMs: this.#surroundings.clock.now() };
    const registration = new Registration(made, request);
    this.book.add(registration);
    this.#surroundings.emit(
      "wamp.registration.on_create",
      [request.callee.session.id, detailsOf(registration)],
      subjectOf(registration),
    );
    return registration;
  }
}

function subjectOf({ uri, match }: Registration): MetaSubject {
  return { kind: "procedure", uri, match };
}

/** A registration as the meta API describes it. */
export function detailsOf({ id, createdMs, uri, match, invoke }: Registration): Readonly<Record<string, unknown>> {
  return { id, created: timestamp(createdMs), uri, match, invoke };
}

/** Registrations of one session that are held against a pattern. */
const MOST_LOOKED = 1_000;

function checkShared(existing: Registration, request: RegistrationRequest): void {
  if (existing.invoke === request.invoke && request.invoke !== "single") return;
  throw new WampError(PROCEDURE_ALREADY_EXISTS, {
    args: [`"${request.procedure}" is registered with match "${existing.match}" and invoke "${existing.invoke}"`],
  });
}
