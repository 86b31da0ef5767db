import type { Id } from "../wire/ids.js";

/** How many places a table has at first. */
const LEAST = 8;
/** With more places than these a table is let go once it is empty. */
const KEPT = 1_024;
/** The most places: what finds none is kept apart. */
const MOST = 2 ** 17;

const NONE = 0; // no ID

/**
 * Values by ID, where IDs count up and most go soon, as those of requests do. Each has its place by its last bits, so that to find one takes no
 * search. One that has stood in its place until another needs it is kept apart, in a `Map`.
 */
export class IdTable<T> {
  #ids: Id[] = new Array(LEAST).fill(NONE);
  #values: (T | undefined)[] = new Array(LEAST).fill(undefined);
  #apart: Map<Id, T> | undefined;
  #placed = 0; // how many stand in their places
  #newest: Id = NONE;

  get size(): number {
    return this.#placed + (this.#apart?.size ?? 0);
  }

  get(id: Id): T | undefined {
    const place = id & (this.#ids.length - 1);
    return this.#ids[place] === id ? this.#values[place] : this.#apart?.get(id);
  }

  /** Adds a value under an ID that none has. */
  add(id: Id, value: T): void {
    let place = id & (this.#ids.length - 1);
    if (this.#ids[place] !== NONE) {
      if (this.#placed * 2 >= this.#ids.length && this.#ids.length < MOST) this.#resize(this.#ids.length * 2);
      place = this.#clear(id);
    }
    this.#ids[place] = id;
    this.#values[place] = value;
    this.#placed++;
    this.#newest = id;
  }

  delete(id: Id): void {
    const place = id & (this.#ids.length - 1);
    if (this.#ids[place] !== id) {
      this.#apart?.delete(id);
      return;
    }
    this.#ids[place] = NONE;
    this.#values[place] = undefined;
    this.#placed--;
    if (this.#placed === 0 && this.#ids.length > KEPT) this.#resize(LEAST);
  }

  /** Those that are in it now, as long as they are when their turn comes; about in the order in which they were added. */
  *values(): Iterable<T> {
    const { length } = this.#ids;
    const entries: [Id, T][] = [...(this.#apart ?? [])];
    for (let step = 1; step <= length; step++) {
      const place = (this.#newest + step) & (length - 1);
      const id = this.#ids[place] as Id;
      if (id !== NONE) entries.push([id, this.#values[place] as T]);
    }
    for (const [id, value] of entries) if (this.get(id) === value) yield value;
  }

  /** The place of an ID, cleared of what stands there. */
  #clear(id: Id): number {
    const place = id & (this.#ids.length - 1);
    const there = this.#ids[place] as Id;
    if (there === NONE) return place;
    this.#apart ??= new Map();
    this.#apart.set(there, this.#values[place] as T);
    this.#placed--;
    return place;
  }

  #resize(places: number): void {
    const [ids, values] = [this.#ids, this.#values];
    this.#ids = new Array(places).fill(NONE);
    this.#values = new Array(places).fill(undefined);
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index] as Id;
      if (id === NONE) continue;
      const place = id & (places - 1); // each its own: it was its own with fewer bits
      this.#ids[place] = id;
      this.#values[place] = values[index];
    }
  }
}
