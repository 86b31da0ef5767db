/**
 * Creates keys for values, so that equal arguments of two renders have the same key. Objects that cannot be compared, such as
 * functions and streams, are distinguished by identity.
 */
export class Keys {
  readonly #identities = new WeakMap<object, number>();
  #next = 0;

  /** Returns the key of a value. The order of an object's keys does not matter. */
  of(value: unknown): string {
    if (typeof value === "string") return JSON.stringify(value);
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "symbol") return String(value);
    if (value === undefined || value === null || (typeof value !== "object" && typeof value !== "function")) {
      return Object.is(value, -0) ? "-0" : String(value);
    }
    if (Array.isArray(value)) return `[${value.map((each) => this.of(each)).join()}]`;
    if (value instanceof Date) return `date ${value.getTime()}`;
    if (value instanceof Uint8Array) return `bytes ${value.join()}`;
    if (value instanceof Set) return `set ${this.of([...value])}`;
    if (value instanceof Map) return `map ${this.of([...value])}`;
    if (isPlain(value)) return this.#ofPlain(value);
    if (hasJson(value)) return `${value.constructor.name} ${this.of(value.toJSON())}`; // such as a URL, made anew in each render
    return `object ${this.identityOf(value)}`;
  }

  /** Returns a number that only this object has. */
  identityOf(value: object): number {
    const known = this.#identities.get(value);
    if (known !== undefined) return known;
    this.#identities.set(value, ++this.#next);
    return this.#next;
  }

  #ofPlain(value: object): string {
    const entries = Object.entries(value)
      .filter(([, each]) => each !== undefined) // omitted, as on the wire
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${this.of(each)}`).join()}}`;
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function hasJson(value: object): value is { toJSON(): unknown } {
  return typeof (value as { readonly toJSON?: unknown }).toJSON === "function";
}
