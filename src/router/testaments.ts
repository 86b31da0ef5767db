import type { PublishOptions } from "../wire/options.js";
import type { Payload } from "../wire/payload.js";
import type { Uri } from "../wire/uris.js";
import { checkLimit } from "./limits.js";
import type { RealmSession } from "./realm-session.js";

/** When a testament is published. Without session resumption both come at the session's end, `detached` first. */
export type TestamentScope = "detached" | "destroyed";

/** An event that a session leaves behind. */
export interface Testament {
  readonly topic: Uri;
  readonly payload: Payload;
  readonly options: PublishOptions;
}

/** What sessions leave behind. Spec: Advanced Profile, "Session Testament". */
export class Testaments {
  readonly #bySession = new Map<RealmSession, Record<TestamentScope, Testament[]>>();

  /** How many sessions will leave something. */
  get size(): number {
    return this.#bySession.size;
  }

  /** Throws `wampact.error.limit_exceeded`. */
  add(session: RealmSession, scope: TestamentScope, testament: Testament): void {
    const own = this.#bySession.get(session) ?? { detached: [], destroyed: [] };
    checkLimit(session, "maxTestaments", own.detached.length + own.destroyed.length);
    own[scope].push(testament);
    this.#bySession.set(session, own);
  }

  flush(session: RealmSession, scope: TestamentScope): void {
    const own = this.#bySession.get(session);
    if (!own) return;
    own[scope] = [];
    if (own.detached.length + own.destroyed.length === 0) this.#bySession.delete(session);
  }

  /** Takes out what a session has left, in the order it is to be published. */
  take(session: RealmSession): readonly Testament[] {
    const own = this.#bySession.get(session);
    this.#bySession.delete(session);
    return own ? [...own.detached, ...own.destroyed] : [];
  }
}
