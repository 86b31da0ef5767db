/** Removed items are released after this many, because releasing each one separately would move all others. */
const FORGET_AFTER = 1_024;

/** A queue with constant time per item. */
export class Fifo<Item extends object> {
  #items: Item[] = [];
  #next = 0; // the items before it were removed

  add(item: Item): void {
    this.#items.push(item);
  }

  /** The oldest item; `undefined` if the queue is empty. */
  get first(): Item | undefined {
    return this.#items[this.#next];
  }

  /** Removes and returns the oldest item; `undefined` if the queue is empty. */
  take(): Item | undefined {
    const item = this.#items[this.#next];
    if (item) this.#next++;
    if (this.#next === this.#items.length) this.clear();
    else if (this.#next >= FORGET_AFTER) this.#forgetTaken();
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#next = 0;
  }

  #forgetTaken(): void {
    this.#items = this.#items.slice(this.#next);
    this.#next = 0;
  }
}
