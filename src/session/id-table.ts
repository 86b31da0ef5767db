import type { Id } from "../wire/ids.js";

/** The initial number of slots. */
const LEAST = 8;
/** An empty table with more slots than this is released. */
const KEPT = 1_024;
/** The maximum number of slots. Values that find no slot are stored in a `Map`. */
const MOST = 2 ** 17;

const NONE = 0; // no ID
const [SALT = 0] = crypto.getRandomValues(new Uint32Array(1));

/** Returns another number for an ID, so that a client cannot choose IDs with equal hashes: V8 hashes numbers without a seed. */
function salted(id: Id): number {
  const low = id >>> 0;
  return ((low ^ SALT) >>> 0) - (id - low); // negative, so that it is exact for 2^53 too
}

/**
 * A map for IDs that count up and are mostly removed soon, such as request IDs. The lower bits of an ID determine its slot, so a
 * lookup needs no search. A value whose slot is needed by another ID moves to a `Map`.
 */
export class IdTable<T> {
  #ids: Id[] = new Array(LEAST).fill(NONE);
  #values: (T | undefined)[] = new Array(LEAST).fill(undefined);
  #apart: Map<number, [id: Id, value: T]> | undefined; // by salted ID
  #placed = 0; // the number of values in slots
  #newest: Id = NONE;

  get size(): number {
    return this.#placed + (this.#apart?.size ?? 0);
  }

  get(id: Id): T | undefined {
    const place = id & (this.#ids.length - 1);
    return this.#ids[place] === id ? this.#values[place] : this.#apart?.get(salted(id))?.[1];
  }

  /** Adds a value under an unused ID. */
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
      this.#apart?.delete(salted(id));
      return;
    }
    this.#ids[place] = NONE;
    this.#values[place] = undefined;
    this.#placed--;
    if (this.#placed === 0 && this.#ids.length > KEPT) this.#resize(LEAST);
  }

  /** Iterates over the current values that are not removed before their turn, approximately in insertion order. */
  *values(): Iterable<T> {
    const { length } = this.#ids;
    const entries: [Id, T][] = [...(this.#apart?.values() ?? [])];
    for (let step = 1; step <= length; step++) {
      const place = (this.#newest + step) & (length - 1);
      const id = this.#ids[place] as Id;
      if (id !== NONE) entries.push([id, this.#values[place] as T]);
    }
    for (const [id, value] of entries) if (this.get(id) === value) yield value;
  }

  /** Returns the slot of an ID after moving its current value away. */
  #clear(id: Id): number {
    const place = id & (this.#ids.length - 1);
    const there = this.#ids[place] as Id;
    if (there === NONE) return place;
    this.#apart ??= new Map();
    this.#apart.set(salted(there), [there, this.#values[place] as T]);
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
      const place = id & (places - 1); // unique, since it was unique with fewer bits
      this.#ids[place] = id;
      this.#values[place] = values[index];
    }
  }
}
