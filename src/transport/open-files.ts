import { readdirSync, readFileSync } from "node:fs";

/** How many files are left for all else than connections, at least: configurations, stores, logs, answers to scrapers. */
const LEAST_RESERVE = 32;
/** How long nothing is counted again once there is no room. */
const FULL_MS = 1_000;

/** The files that this process may have open at once, connections among them; no limit where the platform does not tell. */
export function maxOpenFiles(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY; // not Linux
  }
}

/** How many connections a process may have that may open so many files. */
export function mostConnections(maxFiles: number): number {
  return maxFiles - reserveOf(maxFiles);
}

function reserveOf(maxFiles: number): number {
  return Math.max(LEAST_RESERVE, Math.ceil(maxFiles / 64));
}

/**
 * Tells whether this process has a file left for one more connection, and others for all else. The kernel would accept connections beyond and
 * drop them without a word. To count open files takes a while where there are many: they are counted again when half the room may be used.
 */
export class OpenFiles {
  readonly #max: number;
  readonly #count: () => number;
  readonly #now: () => number;
  #uncounted = 0; // connections that may come before files are counted again
  #fullUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    max: number = maxOpenFiles(),
    count: () => number = countOpenFiles,
    now: () => number = () => performance.now(),
  ) {
    this.#max = max;
    this.#count = count;
    this.#now = now;
  }

  /** Why the connection that was just accepted cannot be kept, in words; `undefined` where it can. */
  refusal(): string | undefined {
    if (this.#max === Number.POSITIVE_INFINITY || this.#uncounted-- > 0) return undefined;
    if (this.#now() < this.#fullUntilMs) return this.#words();
    const reserve = reserveOf(this.#max);
    const room = this.#max - reserve - this.#count();
    if (room < 0) {
      this.#fullUntilMs = this.#now() + FULL_MS;
      return this.#words();
    }
    this.#uncounted = Math.max(Math.floor(room / 2), reserve / 4);
    return undefined;
  }

  #words(): string {
    return `the process may open ${this.#max} files, and needs the few that are left; raise the limit (ulimit -n, or LimitNOFILE= of systemd)`;
  }
}

function countOpenFiles(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return Number.POSITIVE_INFINITY; // there was no file left to look
  }
}

/** The files of this process. */
export const openFiles: OpenFiles = new OpenFiles();
