import type { Clock } from "../../session/clock.js";

/** How long entries of one group are counted, in milliseconds. */
const WINDOW_MS = 10_000;
/** How many of them are written in that time. */
const MOST_WRITTEN = 5;
/** Groups that are counted at once. Entries of further groups are counted as one group. */
const MOST_GROUPS = 1_000;

interface Window {
  written: number;
  held: number;
  readonly stopTimer: () => void;
}

/** Tells how many entries of a group were not written, and in which time. */
export type TellHeld = (group: string, held: { readonly count: number; readonly seconds: number }) => void;

/** Lets the first entries of each group through, and counts the others for ten seconds. */
export class Repeats {
  readonly #clock: Clock;
  readonly #tell: TellHeld;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock, tell: TellHeld) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Whether an entry of a group is to be written now. */
  admit(group: string): boolean {
    const key = this.#windows.has(group) || this.#windows.size < MOST_GROUPS ? group : "";
    const window = this.#windows.get(key) ?? this.#begin(key);
    if (window.written < MOST_WRITTEN) {
      window.written++;
      return true;
    }
    window.held++;
    return false;
  }

  /** Tells of all that was counted. */
  flush(): void {
    for (const [group, window] of this.#windows) {
      window.stopTimer();
      this.#end(group, window);
    }
  }

  #begin(group: string): Window {
    const stopTimer = this.#clock.after(WINDOW_MS, () => this.#end(group, window));
    const window: Window = { written: 0, held: 0, stopTimer };
    this.#windows.set(group, window);
    return window;
  }

  #end(group: string, { held }: Window): void {
    this.#windows.delete(group);
    if (held > 0) this.#tell(group, { count: held, seconds: WINDOW_MS / 1_000 });
  }
}
