import { WampError } from "../../wire/error.js";
import type { Dict } from "../../wire/fields.js";
import { INVALID_ARGUMENT } from "../../wire/uris.js";
import { checkRealmLimit, checkSessionLimit } from "../limits.js";
import type { RealmSession, Surroundings } from "../realm-session.js";
import type { MetaProcedure } from "./procedure.js";

/** What can be described. */
const KINDS = ["procedure", "topic", "error"] as const;
type Kind = (typeof KINDS)[number];

/**
 * What a realm offers, as those who offer it have described it. A description lives as long as a session that gave it; of
 * several the newest is told. Spec: Advanced Profile, "Interface Reflection", whose procedures are a sketch: their arguments
 * and results are ours.
 */
export class Reflection {
  readonly #surroundings: Surroundings;
  readonly #described = new Map<string, Map<RealmSession, Dict>>(); // kind and URI → who described it, oldest first
  readonly #bySession = new Map<RealmSession, Set<string>>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** How many URIs are described, and sessions that have described one. */
  get stats(): { readonly definitions: number; readonly definers: number } {
    return { definitions: this.#described.size, definers: this.#bySession.size };
  }

  /** The procedures to be called, by URI. */
  procedures(): Readonly<Record<string, MetaProcedure>> {
    const ofKind = (kind: Kind): Readonly<Record<string, MetaProcedure>> => ({
      [`wamp.reflection.${kind}.list`]: () => [this.#uris(kind)],
      [`wamp.reflection.${kind}.describe`]: (given) => [this.#describe(kind, given.text(0, "uri")) ?? null],
    });
    return {
      ...ofKind("procedure"),
      ...ofKind("topic"),
      ...ofKind("error"),
      "wamp.reflect.define": (given, caller) => {
        this.#define(caller, {
          kind: requireKind(given.text(0, "kind")),
          uri: given.text(1, "uri"),
          definition: given.optionalDict(2, "definition"),
        });
        return [];
      },
      "wamp.reflect.describe": (given) => {
        const uri = given.text(0, "uri");
        return [KINDS.map((kind) => this.#describe(kind, uri)).find((found) => found !== undefined) ?? null];
      },
    };
  }

  /** Undoes what a session has described. */
  leave(session: RealmSession): void {
    for (const key of this.#bySession.get(session) ?? []) {
      const by = this.#described.get(key);
      by?.delete(session);
      if (by?.size !== 0) continue;
      this.#described.delete(key);
      this.#surroundings.emit("wamp.reflect.on_undefine", key.split(" "));
    }
    this.#bySession.delete(session);
  }

  #define(
    session: RealmSession,
    { kind, uri, definition }: { readonly kind: Kind; readonly uri: string; readonly definition: Dict },
  ): void {
    const own = this.#bySession.get(session) ?? new Set();
    const key = `${kind} ${uri}`;
    if (!own.has(key)) {
      checkSessionLimit(session, "maxDefinitions", { held: own.size });
      checkRealmLimit(this.#surroundings.limits, "maxDefinitions", { held: this.#described.size });
    }
    const by = this.#described.get(key) ?? new Map<RealmSession, Dict>();
    const isNew = by.size === 0;
    by.delete(session); // the newest is told, so it goes last
    by.set(session, definition);
    this.#described.set(key, by);
    this.#bySession.set(session, own.add(key));
    if (isNew) this.#surroundings.emit("wamp.reflect.on_define", [kind, uri]);
  }

  #uris(kind: Kind): readonly string[] {
    return [...this.#described.keys()].flatMap((key) =>
      key.startsWith(`${kind} `) ? [key.slice(kind.length + 1)] : [],
    );
  }

  #describe(kind: Kind, uri: string): Dict | undefined {
    const definition = [...(this.#described.get(`${kind} ${uri}`)?.values() ?? [])].at(-1);
    return definition && { kind, uri, ...definition };
  }
}

function requireKind(kind: string): Kind {
  const found = KINDS.find((each) => each === kind);
  if (found) return found;
  throw new WampError(INVALID_ARGUMENT, { args: [`kind: expected ${KINDS.join(", ")}`] });
}
