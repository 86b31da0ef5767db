import type { Testament } from "../router/testaments.js";
import type { Clock } from "../session/clock.js";
import type { Incarnation, NodeId } from "./engine.js";
import type { RemoteSession } from "./remote-session.js";

/** How long it is remembered who was at a node that is gone, in milliseconds: by then somebody has cleaned up after it. */
const REMEMBERED_MS = 60_000;

/** The sessions of a node that is gone, and what they leave. */
export interface Legacy {
  readonly sessions: RemoteSession[];
  readonly testaments: Testament[];
}

/** What the sessions of nodes that are gone have left. One of the other nodes publishes their testaments; then each tells that they have left. */
export class Legacies {
  readonly #clock: Clock;
  readonly #byIncarnation = new Map<string, Legacy>();
  readonly #timers = new Set<() => void>();
  readonly #gone = new Set<NodeId>(); // nodes that were expelled, until they have told who is there now

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A node was expelled. What is returned is to be filled with what it leaves. */
  add(gone: Incarnation): Legacy {
    this.#gone.add(gone.node);
    const key = keyOf(gone);
    const legacy: Legacy = { sessions: [], testaments: [] };
    this.#byIncarnation.set(key, legacy);
    const stopTimer = this.#clock.after(REMEMBERED_MS, () => {
      this.#timers.delete(stopTimer);
      this.#byIncarnation.delete(key);
    });
    this.#timers.add(stopTimer);
    return legacy;
  }

  /** The testaments that this node publishes. */
  takeTestaments(gone: Incarnation): readonly Testament[] {
    const legacy = this.#byIncarnation.get(keyOf(gone));
    if (!legacy) return [];
    return legacy.testaments.splice(0);
  }

  /** The sessions that this node tells to have left; all is forgotten. */
  takeSessions(gone: Incarnation): readonly RemoteSession[] {
    const key = keyOf(gone);
    const { sessions = [] } = this.#byIncarnation.get(key) ?? {};
    this.#byIncarnation.delete(key);
    return sessions;
  }

  /** Whether it was told that the sessions of a node have left, so that those that it tells of when it comes up have joined again. */
  isBack(node: NodeId): boolean {
    return this.#gone.has(node);
  }

  /** A node has told who was there before it came up. */
  introduced(node: NodeId): void {
    this.#gone.delete(node);
  }

  /** This node leaves. */
  close(): void {
    for (const stopTimer of this.#timers) stopTimer();
    this.#timers.clear();
  }
}

function keyOf({ node, incarnation }: Incarnation): string {
  return `${incarnation} ${node}`;
}
