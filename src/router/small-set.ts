/** A set that usually has one member. It allocates a `Set`, which needs five times the memory, only for the second member. */
export class SmallSet<T extends object> implements Iterable<T> {
  #one: T | undefined;
  #many: Set<T> | undefined;

  get size(): number {
    return this.#many?.size ?? (this.#one ? 1 : 0);
  }

  has(member: T): boolean {
    return this.#many ? this.#many.has(member) : this.#one === member;
  }

  add(member: T): void {
    if (this.#many) this.#many.add(member);
    else if (!this.#one) this.#one = member;
    else if (this.#one !== member) {
      this.#many = new Set([this.#one, member]);
      this.#one = undefined;
    }
  }

  /** Removes a member. Returns false if it was not in the set. */
  delete(member: T): boolean {
    if (this.#many) return this.#many.delete(member);
    if (this.#one !== member) return false;
    this.#one = undefined;
    return true;
  }

  [Symbol.iterator](): Iterator<T> {
    if (this.#many) return this.#many[Symbol.iterator]();
    return (this.#one ? [this.#one] : [])[Symbol.iterator]();
  }
}
