import type { RealmSession } from "../router/realm-session.js";
import type { Testament, TestamentScope } from "../router/testaments.js";
import type { Dict } from "../wire/fields.js";
import type { Id } from "../wire/ids.js";
import { unpinned } from "../wire/payload-bytes.js";
import type { TestamentFrame } from "./frames/frame.js";
import type { WithdrawnState } from "./frames/state.js";

/** The parts of the link that `Estates` uses. */
export interface EstatesHost {
  /** The realm's number in the frames of this node. */
  readonly realm: number;
  /** Sends a frame to all nodes. */
  send(frame: TestamentFrame): void;
  tellAll(state: WithdrawnState): void;
  /** Resolves when all peers have processed what was sent to them. */
  settled(): Promise<void>;
}

interface Entry {
  readonly number: number;
  readonly scope: TestamentScope;
  readonly testament: Testament;
}

/**
 * The testaments of all nodes: those of this node, as the others know them, and those of the others. When a node is expelled, one
 * of the other nodes publishes its testaments. A session that leaves in another way has its testaments published by its own node.
 */
export class Estates {
  readonly #host: EstatesHost;
  readonly #own = new Map<RealmSession, Map<Testament, Entry>>();
  readonly #elsewhere = new Map<Id, Map<number, Entry>>(); // session → number → testament
  #count = 0;

  constructor(host: EstatesHost) {
    this.#host = host;
  }

  /** The number of testaments of other nodes that are kept here. */
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

  /** A session of this node has left. The others receive this too, and delete its testaments. */
  left(session: RealmSession): void {
    this.#own.delete(session);
  }

  /** Returns the frames for a node that has come up: the testaments that the other nodes know. */
  *snapshot(): Iterable<TestamentFrame> {
    for (const [session, own] of this.#own) for (const entry of own.values()) yield this.#frameOf(session, entry);
  }

  /** Keeps a testament of a session of another node. */
  keep({ session, number, scope, topic, details: { options = {} }, payload }: TestamentFrame): void {
    const asked = { action: "publish" as const, uri: topic, options: options as Dict };
    const testament = { topic, asked, options, payload: unpinned(payload), bytes: 0 };
    const entries = this.#elsewhere.get(session) ?? new Map<number, Entry>();
    this.#elsewhere.set(session, entries.set(number, { number, scope, testament }));
  }

  withdrawn({ session, numbers }: WithdrawnState): void {
    const entries = this.#elsewhere.get(session);
    for (const number of numbers) entries?.delete(number);
    if (entries?.size === 0) this.#elsewhere.delete(session);
  }

  /** Deletes the testaments of a session of another node, and returns them in the order of publication. */
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
