import { readdirSync, readFileSync } from "node:fs";

/** The minimum number of file descriptors reserved for configurations, stores, logs and scrapers. */
const LEAST_RESERVE = 32;
/** After the limit is reached, files are not counted again for this time, in milliseconds. */
const FULL_MS = 1_000;

/** Returns the maximum number of open files of this process, including connections; `Infinity` if the platform does not tell. */
export function maxOpenFiles(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY; // not Linux
  }
}

/** Returns the maximum number of connections for a maximum number of open files. */
export function mostConnections(maxFiles: number): number {
  return maxFiles - reserveOf(maxFiles);
}

function reserveOf(maxFiles: number): number {
  return Math.max(LEAST_RESERVE, Math.ceil(maxFiles / 64));
}

/**
 * Checks whether a new connection leaves enough file descriptors. The kernel would silently drop connections beyond the limit.
 * Counting open files is slow if there are many, so they are counted again only after half of the remaining room may be used.
 */
export class OpenFiles {
  readonly #max: number;
  readonly #count: () => number;
  readonly #now: () => number;
  #uncounted = 0; // connections to accept before files are counted again
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

  /** Returns why the connection that was just accepted must be closed; `undefined` if it may stay. */
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
    return `the process has almost reached its limit of ${this.#max} open files; raise the limit (ulimit -n, or LimitNOFILE= of systemd)`;
  }
}

function countOpenFiles(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return Number.POSITIVE_INFINITY; // no file descriptor left for counting
  }
}

/** The open files of this process. */
export const openFiles: OpenFiles = new OpenFiles();
