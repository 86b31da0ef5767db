import type { Id } from "../wire/ids.js";

/** The small version of `id-table.ts` for browsers, where a lookup is cheap compared with the message that causes it. */
export class IdTable<T> extends Map<Id, T> {
  /** Adds a value under an unused ID. */
  add(id: Id, value: T): void {
    this.set(id, value);
  }
}
