/** After so many taken items a queue forgets them: to forget each by itself would move all others every time. */
const FORGET_AFTER = 1_024;

/** A queue that takes the same time for each item, however many wait. */
export class Fifo<Item extends object> {
  #items: Item[] = [];
  #next = 0; // the items before it were taken

  add(item: Item): void {
    this.#items.push(item);
  }

  /** The oldest item; `undefined` where there is none. */
  get first(): Item | undefined {
    return this.#items[this.#next];
  }

  /** Removes the oldest item and returns it; `undefined` where there is none. */
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
