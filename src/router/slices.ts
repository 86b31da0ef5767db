/** The maximum total cost of the items handled in one turn of the event loop. */
const SLICE = 500;

/**
 * Handles large amounts of work that one message may cause, such as the meta events of 50,000 removed registrations. The first part
 * is handled at once, the rest in later turns, so that others are not delayed. Items stay in order.
 */
export class Slices<T> {
  readonly #handle: (item: T) => number;
  readonly #defer: (run: () => void) => void;
  #items: (T | Batch<T>)[] = [];
  #next = 0;
  #deferred = false;
  #running = false;

  /** `handle` must not throw and returns the cost of an item, 1 for a small one. `defer` runs a function in a later turn. */
  constructor(handle: (item: T) => number, defer: (run: () => void) => void) {
    this.#handle = handle;
    this.#defer = defer;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Adds items that are created one by one, when it is their turn. The iterable must not throw. */
  pushEach(items: Iterable<T>): void {
    this.#items.push(new Batch(items));
  }

  /** Handles queued items, unless a turn is already scheduled. Within the handling of an item, they wait for their turn. */
  flush(): void {
    if (!this.#deferred && !this.#running) this.#slice();
  }

  /** Does all that waits at once: what comes next must find it done. */
  finish(): void {
    while (this.#next < this.#items.length) this.#step();
  }

  #slice(): void {
    this.#running = true;
    try {
      let cost = 0;
      while (this.#next < this.#items.length && cost < SLICE) cost += this.#step();
    } finally {
      this.#running = false; // also after an exception, so that the other items are handled
      if (this.#next === this.#items.length) {
        this.#items = [];
        this.#next = 0;
      } else this.#later();
    }
  }

  #later(): void {
    this.#deferred = true;
    this.#defer(() => {
      this.#deferred = false;
      this.#slice();
    });
  }

  /** Handles the next item and returns its cost. */
  #step(): number {
    const item = this.#items[this.#next] as T | Batch<T>;
    if (item instanceof Batch) {
      const made = item.next();
      if (!made.done) return this.#handle(made.value);
      this.#next++;
      return 0;
    }
    this.#next++;
    return this.#handle(item);
  }
}

/** Items that are created one by one. */
class Batch<T> {
  readonly #items: Iterator<T>;

  constructor(items: Iterable<T>) {
    this.#items = items[Symbol.iterator]();
  }

  next(): IteratorResult<T> {
    return this.#items.next();
  }
}
