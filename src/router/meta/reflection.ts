import { excerpt } from "../../wire/bytes.js";
import { WampError } from "../../wire/error.js";
import type { Dict } from "../../wire/fields.js";
import type { Payload, PayloadFormat } from "../../wire/payload.js";
import { json } from "../../wire/serializers/json.js";
import { INVALID_ARGUMENT, isReserved, NOT_AUTHORIZED } from "../../wire/uris.js";
import { notAuthorized } from "../access/permitted.js";
import { type Kind, patternOfTemplate, sees } from "../access/visible.js";
import { checkRealmLimit, checkSessionLimit, LimitExceeded } from "../limits.js";
import type { RealmLink } from "../realm-link.js";
import type { RealmSession, Surroundings } from "../realm-session.js";
import type { Registrations } from "../registrations.js";
import { checkUri } from "../requests.js";
import { type PageRequest, pageAnswer, pageOfTexts } from "./pages.js";
import type { MetaProcedure } from "./procedure.js";
import { answersOf, describeShared, KINDS, listShared } from "./shared-reflection.js";

/** The maximum size of a definition with its URI as JSON, in bytes. */
const DEFINITION_BYTES = 64 * 1024;

/** The description of a URI by one session. */
interface Definition {
  readonly value: Dict;
  readonly bytes: number;
  /** When it was defined, in milliseconds since 1970. */
  readonly atMs: number;
}

/** A described URI. */
interface Described {
  readonly kind: Kind;
  readonly uri: string;
  /** The sequence number. Lists are in this order. */
  readonly number: number;
  readonly by: Map<RealmSession, Definition>; // session → definition, oldest first
}

/** The descriptions of one session. */
interface Defined {
  readonly described: Set<Described>;
  bytes: number;
}

/**
 * The descriptions of a realm's procedures, topics and errors by their providers. A description exists as long as a session that
 * defined it. Of several, the newest is returned. Spec: Advanced Profile, "Interface Reflection". The specification only sketches
 * these procedures; their arguments and results are Wampact's own.
 */
export class Reflection {
  readonly #surroundings: Surroundings;
  readonly #registrations: Pick<Registrations, "holdsSome">;
  readonly #json: PayloadFormat = json();
  readonly #described: Readonly<Record<Kind, Map<string, Described>>> = {
    procedure: new Map(),
    topic: new Map(),
    error: new Map(),
  };
  readonly #bySession = new Map<RealmSession, Defined>();
  #count = 0;

  constructor(surroundings: Surroundings, registrations: Pick<Registrations, "holdsSome">) {
    this.#surroundings = surroundings;
    this.#registrations = registrations;
  }

  /** The numbers of described URIs and of sessions that have described one. */
  get stats(): { readonly definitions: number; readonly definers: number } {
    return { definitions: this.#size, definers: this.#bySession.size };
  }

  get #size(): number {
    return KINDS.reduce((sum, kind) => sum + this.#described[kind].size, 0);
  }

  /** Returns the procedures by URI. They include descriptions by sessions of other routers. */
  procedures(host: { link(): RealmLink | undefined }): Readonly<Record<string, MetaProcedure>> {
    const describe = (reader: RealmSession, kinds: readonly Kind[], uri: string) => {
      const seen = kinds.filter((kind) => sees(reader, kind, patternOfTemplate(uri)));
      const link = host.link();
      return link ? describeShared(this, link, { kinds: seen, uri }) : [this.#describe(seen, uri) ?? null];
    };
    const ofKind = (kind: Kind): Readonly<Record<string, MetaProcedure>> => ({
      [`wamp.reflection.${kind}.list`]: (given, receiver) => {
        const request = { from: given.from(), receiver };
        const link = host.link();
        return link ? listShared(this, link, { kind, ...request }) : this.#list(kind, request);
      },
      [`wamp.reflection.${kind}.describe`]: (given, caller) =>
        describe(caller, [kind], given.uri("uri", this.#surroundings)),
    });
    return {
      ...ofKind("procedure"),
      ...ofKind("topic"),
      ...ofKind("error"),
      "wamp.reflect.define": (given, caller) => {
        const [kind, uri] = [requireKind(given.text(0, "kind")), given.text(1, "uri")];
        checkUri(uri, { ...this.#surroundings, strictUris: false }, "wildcard"); // a pattern, or a template with parameters in braces
        this.#checkMay(caller, kind, uri);
        this.#define(caller, { kind, uri, definition: this.#measured(uri, given.optionalDict(2, "definition")) });
        return [];
      },
      "wamp.reflect.describe": (given, caller) => describe(caller, KINDS, given.uri("uri", this.#surroundings)),
    };
  }

  /** Returns the answers to questions of other routers, by subject. */
  answers(): Readonly<Record<string, (given: Dict) => unknown>> {
    return answersOf(this);
  }

  /** Returns the URIs that sessions of this router have described. */
  urisOf(kind: Kind): Iterable<string> {
    return this.#described[kind].keys();
  }

  /** Returns the newest definition by a session of this router. */
  newest(kind: Kind, uri: string): Definition | undefined {
    return [...(this.#described[kind].get(uri)?.by.values() ?? [])].at(-1);
  }

  /** Removes the descriptions of a session. */
  leave(session: RealmSession): void {
    for (const { kind, uri, by } of this.#bySession.get(session)?.described ?? []) {
      by.delete(session);
      if (by.size > 0) continue;
      this.#described[kind].delete(uri);
      this.#surroundings.emit("wamp.reflect.on_undefine", [kind, uri], { kind, ...patternOfTemplate(uri) });
    }
    this.#bySession.delete(session);
  }

  /**
   * Allows a session with limited permissions to describe only procedures that it has registered and topics that it may
   * publish to.
   */
  #checkMay(session: RealmSession, kind: Kind, uri: string): void {
    const { permissions } = session.grants;
    if (!permissions) return;
    const pattern = patternOfTemplate(uri);
    if (isReserved(uri)) throw notAuthorized("register", uri);
    if (kind === "procedure" && !this.#registrations.holdsSome(session, pattern)) {
      throw new WampError(NOT_AUTHORIZED, {
        args: [`this session describes "${excerpt(uri)}" but has not registered it`],
      });
    }
    if (kind === "topic" && !permissions.allowsSome("publish", pattern)) throw notAuthorized("publish", uri);
  }

  #define(
    session: RealmSession,
    { kind, uri, definition }: { readonly kind: Kind; readonly uri: string; readonly definition: Definition },
  ): void {
    const existing = this.#described[kind].get(uri);
    const replaced = existing?.by.get(session);
    const own = this.#bySession.get(session) ?? { described: new Set(), bytes: 0 };
    if (!replaced) checkSessionLimit(session, "maxDefinitions", { held: own.described.size });
    const { limits, elsewhere } = this.#surroundings;
    if (!existing) checkRealmLimit(limits, "maxDefinitions", { held: this.#size + elsewhere.definitions });
    const held = own.bytes - (replaced?.bytes ?? 0);
    checkSessionLimit(session, "maxDefinitionBytes", { held, more: definition.bytes });

    const described = existing ?? { kind, uri, number: ++this.#count, by: new Map() };
    described.by.delete(session); // the newest is returned, so it must be last
    described.by.set(session, definition);
    this.#described[kind].set(uri, described);
    own.described.add(described);
    own.bytes = held + definition.bytes;
    this.#bySession.set(session, own);
    if (!existing) this.#surroundings.emit("wamp.reflect.on_define", [kind, uri], { kind, ...patternOfTemplate(uri) });
  }

  /** Throws `wampact.error.limit_exceeded`, and `wamp.error.invalid_argument` for values that JSON cannot represent. */
  #measured(uri: string, value: Dict): Definition {
    const bytes = this.#jsonBytes(uri, value);
    if (bytes > DEFINITION_BYTES)
      throw new LimitExceeded(
        "definition",
        `a definition may have at most ${DEFINITION_BYTES} bytes as JSON, including its URI; got ${bytes}`,
      );
    return { value, bytes, atMs: this.#surroundings.clock.now() };
  }

  #jsonBytes(uri: string, definition: Dict): number {
    try {
      return this.#json.encodePayload({ args: [uri, definition], kwargs: {} }).bytes.length;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new WampError(INVALID_ARGUMENT, {
        args: [`definition: expected values that JSON can represent; ${error.message}`],
      });
    }
  }

  #list(kind: Kind, request: PageRequest & { readonly receiver: RealmSession }): Payload {
    const { receiver } = request;
    return pageAnswer(
      pageOfTexts(
        numbered(this.#described[kind].values(), (uri) => sees(receiver, kind, patternOfTemplate(uri))),
        request,
      ),
    );
  }

  #describe(kinds: readonly Kind[], uri: string): Dict | undefined {
    for (const kind of kinds) {
      const newest = this.newest(kind, uri);
      if (newest) return { kind, uri, ...newest.value };
    }
    return undefined;
  }
}

function* numbered(
  described: Iterable<Described>,
  passes: (uri: string) => boolean,
): Iterable<readonly [string, number]> {
  for (const { uri, number } of described) if (passes(uri)) yield [uri, number];
}

function requireKind(kind: string): Kind {
  const found = KINDS.find((each) => each === kind);
  if (found) return found;
  throw new WampError(INVALID_ARGUMENT, { args: [`kind: expected ${KINDS.join(", ")}`] });
}
