import type { Id } from "../wire/ids.js";

/** How many places a table has at first, and at most; both are powers of two. */
const PLACES = { first: 16, most: 8_192 };
/** Stands for the ID of a free place: IDs start at 1. */
const FREE = 0;

/**
 * What is under way by request ID. IDs are counted, so each has a place by its last bits; one that stays while so many others come that its
 * place is needed moves to a map. A `Map` alone would make a new table for every few dozen requests, each of which keeps the next one, and all
 * that is under way, from being collected young.
 */
export class RequestTable<Value> {
  #ids: Id[] = [];
  #values: (Value | undefined)[] = [];
  #mask = 0;
  #placed = 0;
  readonly #old = new Map<Id, Value>();

  constructor() {
    this.#start(PLACES.first);
  }

  get size(): number {
    return this.#placed + this.#old.size;
  }

  get(id: Id): Value | undefined {
    const at = id & this.#mask;
    if (this.#ids[at] === id) return this.#values[at];
    return this.#old.size === 0 ? undefined : this.#old.get(id);
  }

  /** Adds what is under way as `id`, which must not be there yet. */
  add(id: Id, value: Value): void {
    if (this.#ids[id & this.#mask] !== FREE) this.#makeRoom(id);
    const at = id & this.#mask;
    this.#ids[at] = id;
    this.#values[at] = value;
    this.#placed++;
  }

  /** False where it was not there. */
  delete(id: Id): boolean {
    const at = id & this.#mask;
    if (this.#ids[at] !== id) return this.#old.size > 0 && this.#old.delete(id);
    this.#ids[at] = FREE;
    this.#values[at] = undefined;
    this.#placed--;
    return true;
  }

  /** All of them, by their IDs. */
  values(): Value[] {
    const entries = [...this.#old, ...this.#entries()];
    return entries.sort(([one], [other]) => one - other).map(([, value]) => value);
  }

  clear(): void {
    this.#old.clear();
    this.#start(PLACES.first);
  }

  /** Doubles the places where half of them are taken; else moves the one whose place is needed to the map. */
  #makeRoom(id: Id): void {
    while (this.#ids[id & this.#mask] !== FREE) {
      const places = this.#ids.length;
      if (this.#placed * 2 < places || places === PLACES.most) return this.#move(id & this.#mask);
      const entries = this.#entries();
      this.#start(places * 2);
      for (const [each, value] of entries) this.add(each, value); // none meet: they did not among fewer places
    }
  }

  #move(at: number): void {
    const id = this.#ids[at] as Id;
    this.#old.set(id, this.#values[at] as Value);
    this.#ids[at] = FREE;
    this.#placed--;
  }

  #entries(): [Id, Value][] {
    return this.#ids.flatMap((id, at) => (id === FREE ? [] : [[id, this.#values[at] as Value]]));
  }

  #start(places: number): void {
    this.#ids = new Array<Id>(places).fill(FREE);
    this.#values = new Array<Value | undefined>(places).fill(undefined);
    this.#mask = places - 1;
    this.#placed = 0;
  }
}
