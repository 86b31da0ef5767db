import { WampError } from "../wire/error.js";
import { type Id, IdCounter } from "../wire/ids.js";
import type { InvocationPolicy } from "../wire/messages.js";
import { type MatchPolicy, PROCEDURE_ALREADY_EXISTS } from "../wire/uris.js";
import { PatternIndex } from "./pattern-index.js";
import type { RealmSession } from "./realm-session.js";

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
  readonly #callees: Callee[] = []; // in the order they registered
  #turn = 0;

  constructor(id: Id, request: RegistrationRequest) {
    this.id = id;
    this.procedure = request.procedure;
    this.match = request.match;
    this.invoke = request.invoke;
  }

  get callees(): readonly Callee[] {
    return this.#callees;
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
    return this.#callees[this.#position(random)] as Callee;
  }

  #position(random: () => number): number {
    const count = this.#callees.length;
    switch (this.invoke) {
      case "roundrobin": {
        const turn = this.#turn % count;
        this.#turn = turn + 1;
        return turn;
      }
      case "random":
        return Math.floor(random() * count);
      case "last":
        return count - 1;
      default:
        return 0;
    }
  }
}

/** All registrations of a realm. Spec: Advanced Profile, "Shared Registration" and "Pattern-based Registrations". */
export class Registrations {
  readonly #index = new PatternIndex<Registration>();
  readonly #byId = new Map<Id, Registration>();
  readonly #bySession = new Map<RealmSession, Set<Registration>>();
  readonly #ids = new IdCounter();

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
    return registration;
  }

  remove(session: RealmSession, registration: Registration): void {
    registration.remove(session);
    const own = this.#bySession.get(session);
    own?.delete(registration);
    if (own?.size === 0) this.#bySession.delete(session);
    if (registration.callees.length > 0) return;
    this.#index.delete(registration.procedure, registration.match);
    this.#byId.delete(registration.id);
  }

  leave(session: RealmSession): void {
    for (const registration of this.#bySession.get(session) ?? []) this.remove(session, registration);
  }

  #create(request: RegistrationRequest): Registration {
    const registration = new Registration(this.#ids.next(), request);
    this.#index.set(request.procedure, request.match, registration);
    this.#byId.set(registration.id, registration);
    return registration;
  }
}

function checkShared(existing: Registration, request: RegistrationRequest): void {
  if (existing.invoke === request.invoke && request.invoke !== "single") return;
  throw new WampError(PROCEDURE_ALREADY_EXISTS, {
    args: [`"${request.procedure}" is registered with match "${existing.match}" and invoke "${existing.invoke}"`],
  });
}
