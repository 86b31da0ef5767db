/** An identifier on the wire: an integer from 1 to 2^53, both included. Spec: Basic Profile, "IDs". */
export type Id = number;

/** The largest ID. It is one more than `Number.MAX_SAFE_INTEGER`. */
export const MAX_ID: number = 2 ** 53;

/** Whether a value is an ID, revocation's 0 not among them. */
export function isId(value: unknown): value is Id {
  return typeof value === "number" && value >= 1 && value <= MAX_ID && Number.isInteger(value);
}

/** A source of session-scope IDs: 1, 2, 3 … and after 2^53 again 1. */
export class IdCounter {
  #last = 0;

  /** The ID given out last; 0 before the first. */
  get last(): Id {
    return this.#last;
  }

  /** The ID that `next` will give. */
  get upcoming(): Id {
    return this.#last === MAX_ID ? 1 : this.#last + 1;
  }

  next(): Id {
    this.#last = this.upcoming;
    return this.#last;
  }
}

/** A global-scope ID, drawn uniformly from all of them. `random` gives numbers in [0, 1). */
export function randomId(random: () => number): Id {
  return Math.floor(random() * MAX_ID) + 1;
}
