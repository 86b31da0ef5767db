import type { PublishOptions } from "../wire/options.js";
import type { Payload } from "../wire/payload.js";
import type { Uri } from "../wire/uris.js";
import type { Question } from "./access/decisions.js";
import { checkRealmLimit, checkSessionLimit, type RealmLimits, type RealmLoad } from "./limits.js";
import type { RealmSession } from "./realm-session.js";

/** When a testament is published. Without session resumption both come at the session's end, `detached` first. */
export type TestamentScope = "detached" | "destroyed";

/** An event that a session leaves behind. */
export interface Testament {
  readonly topic: Uri;
  /** The publication that the session has asked for: policies may have made another of it. */
  readonly asked: Question;
  readonly payload: Payload;
  readonly options: PublishOptions;
  /** About how many bytes it takes. */
  readonly bytes: number;
}

/** The testaments of one session. */
interface Estate extends Record<TestamentScope, Set<Testament>> {
  bytes: number;
}

/** The testaments of all sessions of a realm. Spec: Advanced Profile, "Session Testament". */
export class Testaments {
  readonly #limits: RealmLimits;
  readonly #elsewhere: Readonly<RealmLoad>;
  readonly #bySession = new Map<RealmSession, Estate>();
  #bytes = 0;

  /** `elsewhere` is what counts against the limits at other routers. */
  constructor(limits: RealmLimits, elsewhere: Readonly<RealmLoad>) {
    this.#limits = limits;
    this.#elsewhere = elsewhere;
  }

  /** About how many bytes all of them take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many sessions will leave something. */
  get size(): number {
    return this.#bySession.size;
  }

  /** Throws `wampact.error.limit_exceeded`. */
  add(session: RealmSession, scope: TestamentScope, testament: Testament): void {
    const own = this.#bySession.get(session) ?? { detached: new Set(), destroyed: new Set(), bytes: 0 };
    const { bytes } = testament;
    checkSessionLimit(session, "maxTestaments", { held: own.detached.size + own.destroyed.size });
    checkSessionLimit(session, "maxTestamentBytes", { held: own.bytes, more: bytes });
    const held = this.#bytes + this.#elsewhere.testamentBytes;
    checkRealmLimit(this.#limits, "maxTestamentBytes", { held, more: bytes });
    own[scope].add(testament);
    own.bytes += bytes;
    this.#bytes += bytes;
    this.#bySession.set(session, own);
  }

  /** Forgets those of a scope, and returns them. */
  flush(session: RealmSession, scope: TestamentScope): readonly Testament[] {
    const flushed = [...(this.#bySession.get(session)?.[scope] ?? [])];
    for (const testament of flushed) this.remove(session, testament);
    return flushed;
  }

  /** What a session will leave, in the order it is to be published. */
  of(session: RealmSession): readonly Testament[] {
    const own = this.#bySession.get(session);
    return own ? [...own.detached, ...own.destroyed] : [];
  }

  /** Forgets one testament of a session; does nothing where that is done. */
  remove(session: RealmSession, testament: Testament): void {
    const own = this.#bySession.get(session);
    if (!own?.detached.delete(testament) && !own?.destroyed.delete(testament)) return;
    own.bytes -= testament.bytes;
    this.#bytes -= testament.bytes;
    if (own.detached.size + own.destroyed.size === 0) this.#bySession.delete(session);
  }
}
