type Dict<T> = Readonly<Record<string, T>>;

/** Returns the dictionary with each value replaced. */
export function mapValues<T, U>(dict: Dict<T>, each: (value: T) => U): Dict<U> {
  return Object.fromEntries(Object.entries(dict).map(([name, value]) => [name, each(value)]));
}

/** Returns the dictionary sorted by name, in the same order on every machine. */
export function sortedByName<T>(dict: Dict<T>): Dict<T> {
  return Object.fromEntries(Object.entries(dict).sort(([a], [b]) => (a < b ? -1 : 1)));
}
