import { WampError } from "../wire/error.js";
import { type Id, IdCounter } from "../wire/ids.js";
import type { InvocationPolicy } from "../wire/messages.js";
import { type MatchPolicy, PROCEDURE_ALREADY_EXISTS } from "../wire/uris.js";
import { PatternIndex } from "./pattern-index.js";
import { type RealmSession, type Surroundings, timestamp } from "./realm-session.js";
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
export class Registration {
  readonly id: Id;
  readonly procedure: string;
  readonly match: MatchPolicy;
  readonly invoke: InvocationPolicy;
  /** When it was made, in milliseconds since 1970. */
  readonly createdMs: number;
  readonly #callees: Callee[] = []; // in the order they registered
  #turn = 0;
  #resultBytes: number | undefined;

  constructor(made: { readonly id: Id; readonly createdMs: number }, request: RegistrationRequest) {
    this.id = made.id;
    this.createdMs = made.createdMs;
    this.procedure = request.procedure;
    this.match = request.match;
    this.invoke = request.invoke;
  }

  get callees(): readonly Callee[] {
    return this.#callees;
  }

  /** About how many bytes a result takes, by those of late; unknown before the first. */
  get resultBytes(): number | undefined {
    return this.#resultBytes;
  }

  noteResult(bytes: number): void {
    this.#resultBytes =
      this.#resultBytes === undefined ? bytes : this.#resultBytes + ((bytes - this.#resultBytes) >> 3);
  }

  has(session: RealmSession): boolean {
    return this.#callees.some((callee) => callee.session === session);
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

  /** Picks the callee of the next call by the policy. There is always one: the last out takes the registration along. */
  pick(random: () => number): Callee {
    const count = this.#callees.length;
    const position = this.invoke === "roundrobin" ? this.#turn % count : startOf(this.invoke, count, random);
    if (this.invoke === "roundrobin") this.#turn = position + 1;
    return this.#callees[position] as Callee;
  }

  /** Picks the callee a resource key belongs to. Spec: "Sharded Registration". */
  pickFor(resourceKey: string): Callee {
    const node = nodeOf(
      resourceKey,
      this.#callees.map(({ session }) => String(session.id)),
    );
    return this.#callees.find(({ session }) => String(session.id) === node) as Callee;
  }

  /** Picks another callee by the policy, after one that was not available. Spec: "Call Re-Routing". */
  pickInstead(refused: readonly RealmSession[], random: () => number): Callee | undefined {
    const left = this.#callees.filter(({ session }) => !refused.includes(session));
    if (this.invoke === "single" || left.length === 0) return undefined;
    if (this.invoke !== "roundrobin") return left[startOf(this.invoke, left.length, random)];
    const next = [...this.#callees.slice(this.#turn), ...this.#callees].find(
      ({ session }) => !refused.includes(session),
    ) as Callee;
    this.#turn = this.#callees.indexOf(next) + 1;
    return next;
  }
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
  readonly #surroundings: Surroundings;
  readonly #index = new PatternIndex<Registration>();
  readonly #byId = new Map<Id, Registration>();
  readonly #bySession = new Map<RealmSession, Set<Registration>>();
  readonly #ids = new IdCounter();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** How many registrations there are, and sessions that have a share in one. */
  get stats(): { readonly registrations: number; readonly callees: number } {
    return { registrations: this.#byId.size, callees: this.#bySession.size };
  }

  all(): Iterable<Registration> {
    return this.#byId.values();
  }

  byId(id: Id): Registration | undefined {
    return this.#byId.get(id);
  }

  lookup(procedure: string, match: MatchPolicy): Registration | undefined {
    return this.#index.get(procedure, match);
  }

  /** The registration that wins a call. */
  match(procedure: string): Registration | undefined {
    return this.#index.best(procedure);
  }

  /** The registration with this ID, if the session has a share in it. */
  find(session: RealmSession, id: Id): Registration | undefined {
    const registration = this.#byId.get(id);
    return registration?.has(session) ? registration : undefined;
  }

  /**
   * Gives the session a share. Throws `wamp.error.procedure_already_exists` unless both sides share under one policy.
   * Registering the same again gives the same registration and no second share.
   */
  add(request: RegistrationRequest): Registration {
    const existing = this.#index.get(request.procedure, request.match);
    if (existing) checkShared(existing, request);
    const registration = existing ?? this.#create(request);
    const { session } = request.callee;
    if (registration.has(session)) return registration;
    registration.add(request.callee);
    const own = this.#bySession.get(session);
    if (own) own.add(registration);
    else this.#bySession.set(session, new Set([registration]));
    this.#surroundings.emit("wamp.registration.on_register", [session.id, registration.id]);
    return registration;
  }

  remove(session: RealmSession, registration: Registration): void {
    registration.remove(session);
    const own = this.#bySession.get(session);
    own?.delete(registration);
    if (own?.size === 0) this.#bySession.delete(session);
    this.#surroundings.emit("wamp.registration.on_unregister", [session.id, registration.id]);
    if (registration.callees.length > 0) return;
    this.#index.delete(registration.procedure, registration.match);
    this.#byId.delete(registration.id);
    this.#surroundings.emit("wamp.registration.on_delete", [session.id, registration.id]);
  }

  leave(session: RealmSession): void {
    for (const registration of [...(this.#bySession.get(session) ?? [])]) this.remove(session, registration);
  }

  #create(request: RegistrationRequest): Registration {
    const registration = new Registration({ id: this.#ids.next(), createdMs: this.#surroundings.clock.now() }, request);
    this.#index.set(request.procedure, request.match, registration);
    this.#byId.set(registration.id, registration);
    this.#surroundings.emit("wamp.registration.on_create", [request.callee.session.id, detailsOf(registration)]);
    return registration;
  }
}

/** A registration as the meta API describes it. */
export function detailsOf({
  id,
  createdMs,
  procedure,
  match,
  invoke,
}: Registration): Readonly<Record<string, unknown>> {
  return { id, created: timestamp(createdMs), uri: procedure, match, invoke };
}

function checkShared(existing: Registration, request: RegistrationRequest): void {
  if (existing.invoke === request.invoke && request.invoke !== "single") return;
  throw new WampError(PROCEDURE_ALREADY_EXISTS, {
    args: [`"${request.procedure}" is registered with match "${existing.match}" and invoke "${existing.invoke}"`],
  });
}
