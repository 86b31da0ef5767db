import type { Clock } from "../session/clock.js";
import type { Incarnation } from "./engine.js";
import type { RemoteSession } from "./remote-session.js";

/** How long it is remembered who was at a node that is gone, in milliseconds: by then somebody has cleaned up after it. */
const REMEMBERED_MS = 60_000;

/** Who was at nodes that are gone, until one of the others tells of their leaving and publishes their testaments. */
export class Legacies {
  readonly #clock: Clock;
  readonly #byIncarnation = new Map<string, { readonly sessions: readonly RemoteSession[]; stopTimer: () => void }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `forget` is called where nobody has cleaned up here. */
  add(gone: Incarnation, sessions: readonly RemoteSession[], forget: () => void): void {
    const key = keyOf(gone);
    const stopTimer = this.#clock.after(REMEMBERED_MS, () => {
      this.#byIncarnation.delete(key);
      forget();
    });
    this.#byIncarnation.set(key, { sessions, stopTimer });
  }

  /** Those who were there; they are forgotten. */
  take(gone: Incarnation): readonly RemoteSession[] {
    const legacy = this.#byIncarnation.get(keyOf(gone));
    this.#byIncarnation.delete(keyOf(gone));
    legacy?.stopTimer();
    return legacy?.sessions ?? [];
  }
}

function keyOf({ node, incarnation }: Incarnation): string {
  return `${incarnation} ${node}`;
}
