import type { Clock } from "../../session/clock.js";

/** The time for which the entries of one group are counted, in milliseconds. */
const WINDOW_MS = 10_000;
/** The maximum number of entries of one group that are written in this time. */
const MOST_WRITTEN = 5;
/** The maximum number of groups counted at the same time. Further groups are counted as one. */
const MOST_GROUPS = 1_000;

interface Window {
  written: number;
  held: number;
  readonly stopTimer: () => void;
}

/** Reports how many entries of a group were not written, and in which time. */
export type TellHeld = (group: string, held: { readonly count: number; readonly seconds: number }) => void;

/** Admits the first entries of each group and counts the others for ten seconds. */
export class Repeats {
  readonly #clock: Clock;
  readonly #tell: TellHeld;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock, tell: TellHeld) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Returns whether an entry of a group may be written now. */
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

  /** Reports all counted entries. */
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
