import type { Testament } from "../router/testaments.js";
import type { Clock } from "../session/clock.js";
import type { Id } from "../wire/ids.js";
import type { Incarnation, NodeId } from "./engine.js";
import type { RemoteSession } from "./remote-session.js";

/** How long it is remembered who was at a node that is gone, in milliseconds: by then somebody has cleaned up after it. */
const REMEMBERED_MS = 60_000;

/** A session of a node that is gone, and what it leaves. */
export interface Legacy {
  readonly session: RemoteSession;
  readonly testaments: readonly Testament[];
}

/** What the sessions of nodes that are gone have left, until one of the others tells of it. */
export class Legacies {
  readonly #clock: Clock;
  readonly #byIncarnation = new Map<string, readonly Legacy[]>();
  readonly #timers = new Set<() => void>();
  readonly #told = new Set<Id>(); // sessions of whose leaving this node has told
  readonly #nodes = new Set<NodeId>(); // of whose sessions it has told that, until they are gone again

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(gone: Incarnation, legacies: readonly Legacy[]): void {
    const key = keyOf(gone);
    this.#byIncarnation.set(key, legacies);
    this.#later(() => this.#byIncarnation.delete(key));
  }

  /** What is to be told by this node; it is forgotten, but that it was told. */
  take(gone: Incarnation): readonly Legacy[] {
    const key = keyOf(gone);
    const legacies = this.#byIncarnation.get(key) ?? [];
    this.#byIncarnation.delete(key);
    const ids = legacies.map(({ session }) => session.id);
    for (const id of ids) this.#told.add(id);
    this.#nodes.add(gone.node);
    if (ids.length === 0) return legacies;
    this.#later(() => {
      for (const id of ids) this.#told.delete(id);
    });
    return legacies;
  }

  /** This node leaves. */
  close(): void {
    for (const stopTimer of this.#timers) stopTimer();
    this.#timers.clear();
  }

  /** A session is there. Returns whether this node has told that it has left, and is to tell that it is there again. */
  isBack({ id }: Pick<RemoteSession, "id">): boolean {
    return this.#told.delete(id);
  }

  /** Whether this node is to tell who is at a node that has come back: some may have joined there while it was cut off. */
  tellsOf(node: NodeId): boolean {
    return this.#nodes.has(node);
  }

  /** A node is gone: whoever cleans up after it tells of it from now on. */
  down(node: NodeId): void {
    this.#nodes.delete(node);
  }

  #later(run: () => void): void {
    const stopTimer = this.#clock.after(REMEMBERED_MS, () => {
      this.#timers.delete(stopTimer);
      run();
    });
    this.#timers.add(stopTimer);
  }
}

function keyOf({ node, incarnation }: Incarnation): string {
  return `${incarnation} ${node}`;
}
