import type { Testament } from "../router/testaments.js";
import type { Clock } from "../session/clock.js";
import type { Incarnation, NodeId } from "./engine.js";
import type { RemoteSession } from "./remote-session.js";

/** The time that the sessions of a lost node are remembered, in milliseconds. By then a node has removed what they left. */
const REMEMBERED_MS = 60_000;

/** The sessions of a lost node, and what they leave. */
export interface Legacy {
  readonly sessions: RemoteSession[];
  readonly testaments: Testament[];
}

/**
 * The testaments and departures of sessions of lost nodes. One of the other nodes publishes their testaments. Then each node reports that they
 * have left.
 */
export class Legacies {
  readonly #clock: Clock;
  readonly #byIncarnation = new Map<string, Legacy>();
  readonly #timers = new Set<() => void>();
  readonly #gone = new Set<NodeId>(); // expelled nodes that have not yet sent their sessions again

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A node was expelled. Returns a legacy for the caller to fill. */
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

  /** Returns the testaments that this node publishes. */
  takeTestaments(gone: Incarnation): readonly Testament[] {
    const legacy = this.#byIncarnation.get(keyOf(gone));
    if (!legacy) return [];
    return legacy.testaments.splice(0);
  }

  /** Returns the sessions that this node reports as left, and forgets all. */
  takeSessions(gone: Incarnation): readonly RemoteSession[] {
    const key = keyOf(gone);
    const { sessions = [] } = this.#byIncarnation.get(key) ?? {};
    this.#byIncarnation.delete(key);
    return sessions;
  }

  /** Returns whether the sessions of a node were reported as left. Those that it sends when it comes up have then joined again. */
  isBack(node: NodeId): boolean {
    return this.#gone.has(node);
  }

  /** A node has sent the sessions that it had before it came up. */
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
