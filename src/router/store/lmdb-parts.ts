import type { RootDatabase } from "lmdb";
import type { StoreBounds } from "./memory.js";

/** Makes room on the disk for a value of so many bytes in the transaction under way. */
export type MakeRoom = (bytes: number) => void;

/** What a part of the environment is given. */
export interface LmdbParts {
  readonly root: RootDatabase<Buffer>;
  readonly bounds: Required<StoreBounds>;
  readonly makeRoom: MakeRoom;
}

/** Events dropped by one write at most, so that its transaction stays small. Where more are too many, the next writes go on. */
export const MOST_DROPPED_AT_ONCE = 64;
