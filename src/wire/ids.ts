/** An identifier on the wire: an integer from 1 to 2^53, both included. Spec: Basic Profile, "IDs". */
export type Id = number;

/** The largest ID. It is one more than `Number.MAX_SAFE_INTEGER`. */
export const MAX_ID: number = 2 ** 53;

/** Returns whether a value is an ID. The 0 of revocations is not an ID. */
export function isId(value: unknown): value is Id {
  return typeof value === "number" && value >= 1 && value <= MAX_ID && Number.isInteger(value);
}

/** A counter for session-scope IDs: 1, 2, 3 … 2^53, then 1 again. */
export class IdCounter {
  #last = 0;

  /** The last ID that `next` returned; 0 before the first. */
  get last(): Id {
    return this.#last;
  }

  /** The ID that `next` will return. */
  get upcoming(): Id {
    return this.#last === MAX_ID ? 1 : this.#last + 1;
  }

  next(): Id {
    this.#last = this.upcoming;
    return this.#last;
  }
}

/** Returns a global-scope ID, drawn uniformly from all IDs. `random` returns numbers in [0, 1). */
export function randomId(random: () => number): Id {
  return Math.floor(random() * MAX_ID) + 1;
}
