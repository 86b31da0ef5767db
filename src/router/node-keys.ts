import type { RealmSession } from "./realm-session.js";

/** The node keys of the sessions that share the events of one subscription by resource key. Spec: "Sharded Subscription". */
export class NodeKeys {
  /** Shared by all subscriptions without node keys. Never modified. */
  static readonly NONE: NodeKeys = new NodeKeys();

  readonly #bySession = new Map<RealmSession, string>();
  readonly #counts = new Map<string, number>(); // node key → number of sessions

  /** The number of sessions with a node key. */
  get size(): number {
    return this.#bySession.size;
  }

  /** The distinct node keys. */
  get all(): Pick<ReadonlyMap<string, number>, "has" | "size" | "keys"> {
    return this.#counts;
  }

  of(session: RealmSession): string | undefined {
    return this.#bySession.get(session);
  }

  /** Returns the keys with the change applied; a new object if these are `NONE`. */
  with(session: RealmSession, nodeKey: string | undefined): NodeKeys {
    if (nodeKey === undefined) this.delete(session);
    if (nodeKey === undefined || this.#bySession.get(session) === nodeKey) return this;
    const keys = this === NodeKeys.NONE ? new NodeKeys() : this;
    keys.delete(session);
    keys.#bySession.set(session, nodeKey);
    keys.#counts.set(nodeKey, (keys.#counts.get(nodeKey) ?? 0) + 1);
    return keys;
  }

  delete(session: RealmSession): void {
    const nodeKey = this.#bySession.get(session);
    if (nodeKey === undefined) return;
    this.#bySession.delete(session);
    const count = this.#counts.get(nodeKey) as number;
    if (count === 1) this.#counts.delete(nodeKey);
    else this.#counts.set(nodeKey, count - 1);
  }
}
