import type { RootDatabase } from "lmdb";
import type { StoreBounds } from "./bounds.js";

/** Reserves disk space for a value of this size in the current transaction. */
export type MakeRoom = (bytes: number) => void;

/** The services that the parts of an environment use. */
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

/** The maximum number of events that one write drops, so that its transaction stays small. Later writes drop the rest. */
export const MOST_DROPPED_AT_ONCE = 64;

/** Returns the space that dropping a value needs: copies of pages that refer to it, and its own pages in the free list. */
export function roomToDrop(bytes: number): number {
  return 16 * 1024 + Math.ceil(bytes / 256);
}
