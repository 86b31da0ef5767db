import type { PublishOptions } from "../wire/options.js";
import type { Payload } from "../wire/payload.js";
import type { Uri } from "../wire/uris.js";
import type { Question } from "./access/decisions.js";
import { checkRealmLimit, checkSessionLimit, type RealmLimits, type RealmLoad } from "./limits.js";
import type { RealmSession } from "./realm-session.js";

/** When a testament is published. Without session resumption, both are published at the session's end, `detached` first. */
export type TestamentScope = "detached" | "destroyed";

/** An event to publish when a session ends. */
export interface Testament {
  readonly topic: Uri;
  /** The publication as requested. Policies may have changed it. */
  readonly asked: Question;
  readonly payload: Payload;
  readonly options: PublishOptions;
  /** Its approximate size in bytes. */
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

  /** `elsewhere` is the state of other routers that counts towards the limits. */
  constructor(limits: RealmLimits, elsewhere: Readonly<RealmLoad>) {
    this.#limits = limits;
    this.#elsewhere = elsewhere;
  }

  /** The approximate total size in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of sessions with testaments. */
  get size(): number {
    return this.#bySession.size;
  }

  /** Adds a testament. Throws `wampact.error.limit_exceeded`. */
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

  /** Removes the testaments of a scope and returns them. */
  flush(session: RealmSession, scope: TestamentScope): readonly Testament[] {
    const flushed = [...(this.#bySession.get(session)?.[scope] ?? [])];
    for (const testament of flushed) this.remove(session, testament);
    return flushed;
  }

  /** Returns the testaments of a session in order of publication. */
  of(session: RealmSession): readonly Testament[] {
    const own = this.#bySession.get(session);
    return own ? [...own.detached, ...own.destroyed] : [];
  }

  /** Removes a testament of a session, if it still exists. */
  remove(session: RealmSession, testament: Testament): void {
    const own = this.#bySession.get(session);
    if (!own?.detached.delete(testament) && !own?.destroyed.delete(testament)) return;
    own.bytes -= testament.bytes;
    this.#bytes -= testament.bytes;
    if (own.detached.size + own.destroyed.size === 0) this.#bySession.delete(session);
  }
}
