import type { RealmSession } from "../router/realm-session.js";
import type { Testament, TestamentScope } from "../router/testaments.js";
import type { Dict } from "../wire/fields.js";
import type { Id } from "../wire/ids.js";
import type { TestamentFrame } from "./frames/frame.js";
import type { WithdrawnState } from "./frames/state.js";

/** What estates ask of their link. */
export interface EstatesHost {
  /** The realm's place in the frames of this node. */
  readonly realm: number;
  /** Sends a frame to all nodes. */
  send(frame: TestamentFrame): void;
  tellAll(state: WithdrawnState): void;
  /** Resolves when all peers have carried out what they were told. */
  settled(): Promise<void>;
}

interface Entry {
  readonly number: number;
  readonly scope: TestamentScope;
  readonly testament: Testament;
}

/**
 * The testaments of all nodes: those of this one, as the others know them, and those of the others, of which one is published here when a node is
 * expelled. A session that leaves in another way has its testaments published by its own node.
 */
export class Estates {
  readonly #host: EstatesHost;
  readonly #own = new Map<RealmSession, Map<Testament, Entry>>();
  readonly #elsewhere = new Map<Id, Map<number, Entry>>(); // session → number → testament
  #count = 0;

  constructor(host: EstatesHost) {
    this.#host = host;
  }

  /** How many testaments of other nodes are kept here. */
  get size(): number {
    let size = 0;
    for (const entries of this.#elsewhere.values()) size += entries.size;
    return size;
  }

  /** As `RealmLink.testament` says. */
  add(session: RealmSession, scope: TestamentScope, testament: Testament): Promise<void> {
    const entry: Entry = { number: ++this.#count, scope, testament };
    const own = this.#own.get(session) ?? new Map<Testament, Entry>();
    this.#own.set(session, own.set(testament, entry));
    this.#host.send(this.#frameOf(session, entry));
    return this.#host.settled();
  }

  /** As `RealmLink.withdraw` says. */
  withdraw(session: RealmSession, testaments: readonly Testament[]): Promise<void> {
    const own = this.#own.get(session);
    const numbers = testaments.flatMap((testament) => own?.get(testament)?.number ?? []);
    for (const testament of testaments) own?.delete(testament);
    if (own?.size === 0) this.#own.delete(session);
    if (numbers.length === 0) return Promise.resolve();
    this.#host.tellAll({ kind: "withdrawn", session: session.id, numbers });
    return this.#host.settled();
  }

  /** A session of this node has left, as the others are told: they forget what it has left. */
  left(session: RealmSession): void {
    this.#own.delete(session);
  }

  /** What a node that has come up is told, since the others know it. */
  *snapshot(): Iterable<TestamentFrame> {
    for (const [session, own] of this.#own) for (const entry of own.values()) yield this.#frameOf(session, entry);
  }

  /** A session of another node will leave something. */
  keep({ session, number, scope, topic, details: { options = {} }, payload }: TestamentFrame): void {
    const asked = { action: "publish" as const, uri: topic, options: options as Dict };
    const testament = { topic, asked, options, payload: payload.unpinned(), bytes: 0 };
    const entries = this.#elsewhere.get(session) ?? new Map<number, Entry>();
    this.#elsewhere.set(session, entries.set(number, { number, scope, testament }));
  }

  withdrawn({ session, numbers }: WithdrawnState): void {
    const entries = this.#elsewhere.get(session);
    for (const number of numbers) entries?.delete(number);
    if (entries?.size === 0) this.#elsewhere.delete(session);
  }

  /** Forgets what a session of another node leaves, and returns it in the order in which it is to be published. */
  take(session: Id): readonly Testament[] {
    const entries = [...(this.#elsewhere.get(session)?.values() ?? [])];
    this.#elsewhere.delete(session);
    const ofScope = (scope: TestamentScope) =>
      entries.filter((each) => each.scope === scope).map(({ testament }) => testament);
    return [...ofScope("detached"), ...ofScope("destroyed")];
  }

  #frameOf(session: RealmSession, { number, scope, testament }: Entry): TestamentFrame {
    const { topic, options, payload } = testament;
    return {
      type: "TESTAMENT",
      realm: this.#host.realm,
      session: session.id,
      number,
      scope,
      topic,
      details: { options },
      payload,
    };
  }
}
