import type { Id } from "../wire/ids.js";
import type { InvocationPolicy } from "../wire/messages.js";
import type { MatchPolicy, Uri } from "../wire/uris.js";
import type { PatternEntry } from "./pattern-book.js";
import type { RealmSession } from "./realm-session.js";
import { nodeOf } from "./shards.js";

/** A callee of a registration, with its options. */
export interface Callee {
  readonly session: RealmSession;
  readonly discloseCaller: boolean;
  /** Whether the callee enforces the timeout of calls itself. */
  readonly forwardTimeout: boolean;
}

/** A registration request of a session. */
export interface RegistrationRequest {
  readonly procedure: string;
  readonly match: MatchPolicy;
  readonly invoke: InvocationPolicy;
  readonly callee: Callee;
}

/** The permanent properties of a registration. */
export interface RegistrationTerms {
  readonly id: Id;
  /** The procedure, or a pattern. */
  readonly uri: Uri;
  readonly match: MatchPolicy;
  readonly invoke: InvocationPolicy;
  /** When it was created, in milliseconds since 1970. */
  readonly createdMs: number;
}

/** The callees of one procedure or pattern under one match policy, and the next callee. */
export class Registration implements PatternEntry, RegistrationTerms {
  readonly id: Id;
  readonly uri: Uri;
  readonly match: MatchPolicy;
  readonly invoke: InvocationPolicy;
  readonly createdMs: number;
  leftBy: object | undefined;
  #callees: Callee[] = []; // in order of registration
  #turn = 0;
  readonly #prefersOwn: boolean;

  /** `prefersOwn`: callees of other routers are called only where none of this one can be. */
  constructor({ id, createdMs, uri, match, invoke }: RegistrationTerms, prefersOwn = false) {
    this.#prefersOwn = prefersOwn;
    this.id = id;
    this.createdMs = createdMs;
    this.uri = uri;
    this.match = match;
    this.invoke = invoke;
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
    if (index < this.#turn) this.#turn--; // so that no callee is skipped
  }

  /** Replaces the callees. The next callee is the one after the last one called among those that stay. */
  replace(callees: readonly Callee[]): void {
    const places = new Map(callees.map(({ session }, index) => [session, index] as const));
    let turn = 0;
    for (const { session } of this.#callees.slice(0, this.#turn)) {
      const place = places.get(session);
      if (place !== undefined) turn = place + 1;
    }
    this.#turn = turn;
    this.#callees = [...callees];
  }

  /** Returns the callee for the next call. There is always one, because the last one to leave removes the registration. */
  peek(random: () => number): Callee {
    const own = this.#prefersOwn ? this.#next((callee) => isOwn(callee) && isAwake(callee), random) : undefined;
    if (own) return own;
    const count = this.#callees.length;
    const position = this.invoke === "roundrobin" ? this.#turn % count : startOf(this.invoke, count, random);
    const callee = this.#callees[position] as Callee;
    return callee.session.frozen ? (this.#next(isAwake, random) ?? callee) : callee;
  }

  /** Moves on to the next callee after a call to this one. */
  advance(callee: Callee): void {
    if (this.invoke !== "roundrobin") return;
    const turn = this.#turn % this.#callees.length;
    this.#turn = (this.#callees[turn] === callee ? turn : this.#callees.indexOf(callee)) + 1;
  }

  /** Returns the callee for a resource key. Spec: "Sharded Registration". */
  pickFor(resourceKey: string): Callee {
    const node = nodeOf(
      resourceKey,
      this.#callees.map(({ session }) => String(session.id)),
    );
    return this.#callees.find(({ session }) => String(session.id) === node) as Callee;
  }

  /** Returns the next callee that may take a call of another one. A frozen one is the last choice. Spec: "Call Re-Routing". */
  pickInstead(mayTake: (session: RealmSession) => boolean, random: () => number): Callee | undefined {
    if (this.invoke === "single") return undefined;
    const isLeft = ({ session }: Callee) => mayTake(session);
    const isReady = (callee: Callee) => isLeft(callee) && isAwake(callee);
    const own = this.#prefersOwn ? this.#next((callee) => isOwn(callee) && isReady(callee), random) : undefined;
    return own ?? this.#next(isReady, random) ?? this.#next(isLeft, random);
  }

  /** Returns the next callee that passes a test, by the invocation policy. */
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

function isOwn({ session }: Callee): boolean {
  return session.node === undefined;
}

function isAwake({ session }: Callee): boolean {
  return !session.frozen;
}

function startOf(invoke: InvocationPolicy, count: number, random: () => number): number {
  if (invoke === "random") return Math.floor(random() * count);
  return invoke === "last" ? count - 1 : 0;
}
