import type { RootDatabase } from "lmdb";
import type { StoreBounds } from "./bounds.js";

/** Makes room on the disk for a value of so many bytes in the transaction under way. */
export type MakeRoom = (bytes: number) => void;

/** What is given to each part of an environment. */
export interface LmdbParts {
  readonly root: RootDatabase<Buffer>;
  readonly bounds: Required<StoreBounds>;
  readonly makeRoom: MakeRoom;
}

/** The names of the databases in an environment. */
export const DATABASE = {
  retained: "retained",
  turns: "turns",
  histories: "histories",
  publications: "publications",
} as const;

/** Events dropped by one write at most, so that its transaction stays small. Where more are too many, the next writes go on. */
export const MOST_DROPPED_AT_ONCE = 64;

/** What it takes to drop a value: copies of some pages that name it, and its own pages in the list of the free ones. */
export function roomToDrop(bytes: number): number {
  return 16 * 1024 + Math.ceil(bytes / 256);
}
