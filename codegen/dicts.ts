type Dict<T> = Readonly<Record<string, T>>;

/** The dictionary with each value changed. */
export function mapValues<T, U>(dict: Dict<T>, each: (value: T) => U): Dict<U> {
  return Object.fromEntries(Object.entries(dict).map(([name, value]) => [name, each(value)]));
}

/** The dictionary in the order of its names, which is the same on every machine. */
export function sortedByName<T>(dict: Dict<T>): Dict<T> {
  return Object.fromEntries(Object.entries(dict).sort(([a], [b]) => (a < b ? -1 : 1)));
}
