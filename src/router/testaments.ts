import type { PublishOptions } from "../wire/options.js";
import type { Payload } from "../wire/payload.js";
import type { Uri } from "../wire/uris.js";
import { checkRealmLimit, checkSessionLimit, type RealmLimits } from "./limits.js";
import type { RealmSession } from "./realm-session.js";

/** When a testament is published. Without session resumption both come at the session's end, `detached` first. */
export type TestamentScope = "detached" | "destroyed";

/** An event that a session leaves behind. */
export interface Testament {
  readonly topic: Uri;
  /** The topic that the session has named: policies may have made another of it. */
  readonly named: Uri;
  readonly payload: Payload;
  readonly options: PublishOptions;
  /** About how many bytes it takes. */
  readonly bytes: number;
}

/** The testaments of one session. */
interface Estate extends Record<TestamentScope, Testament[]> {
  bytes: number;
}

/** The testaments of all sessions of a realm. Spec: Advanced Profile, "Session Testament". */
export class Testaments {
  readonly #limits: RealmLimits;
  readonly #bySession = new Map<RealmSession, Estate>();
  #bytes = 0;

  constructor(limits: RealmLimits) {
    this.#limits = limits;
  }

  /** How many sessions will leave something. */
  get size(): number {
    return this.#bySession.size;
  }

  /** Throws `wampact.error.limit_exceeded`. */
  add(session: RealmSession, scope: TestamentScope, testament: Testament): void {
    const own = this.#bySession.get(session) ?? { detached: [], destroyed: [], bytes: 0 };
    const { bytes } = testament;
    checkSessionLimit(session, "maxTestaments", { held: own.detached.length + own.destroyed.length });
    checkSessionLimit(session, "maxTestamentBytes", { held: own.bytes, more: bytes });
    checkRealmLimit(this.#limits, "maxTestamentBytes", { held: this.#bytes, more: bytes });
    own[scope].push(testament);
    own.bytes += bytes;
    this.#bytes += bytes;
    this.#bySession.set(session, own);
  }

  flush(session: RealmSession, scope: TestamentScope): void {
    const own = this.#bySession.get(session);
    if (!own) return;
    for (const { bytes } of own[scope]) {
      own.bytes -= bytes;
      this.#bytes -= bytes;
    }
    own[scope] = [];
    if (own.detached.length + own.destroyed.length === 0) this.#bySession.delete(session);
  }

  /** Takes out what a session has left, in the order it is to be published. */
  take(session: RealmSession): readonly Testament[] {
    const own = this.#bySession.get(session);
    if (!own) return [];
    this.#bySession.delete(session);
    this.#bytes -= own.bytes;
    return [...own.detached, ...own.destroyed];
  }
}
