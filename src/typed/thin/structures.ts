import { codecOf, type ThinCodec, Unfit } from "./codec.js";

type Way = keyof ThinCodec;
type Values = Readonly<Record<string, unknown>>;

/** Creates a codec that does the same in both directions with the codecs of its parts. */
function bothWays(convert: (value: never, way: Way) => unknown): ThinCodec {
  return codecOf(
    (value) => convert(value, "send"),
    (value) => convert(value, "receive"),
  );
}

/** Converts a part of a value. The path of an error starts with `step`. */
function part(codec: ThinCodec | undefined, way: Way, value: unknown, step: string | number): unknown {
  try {
    return codec ? codec[way](value) : value;
  } catch (error) {
    const unfit = error instanceof Unfit ? error : new Unfit(undefined, (error as Error | undefined)?.message);
    unfit.path.unshift(step);
    throw unfit;
  }
}

function requireObject(value: unknown, expected: string): asserts value is Values {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Unfit(expected);
}

function requireList(value: unknown, expected: string): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw new Unfit(expected);
}

/** Converts some properties of an object. `rest` converts properties that are not named. */
export function object(properties: Readonly<Record<string, ThinCodec>>, rest?: ThinCodec): ThinCodec {
  return bothWays((given: unknown, way) => {
    requireObject(given, "object");
    const value: Record<string, unknown> = { ...given };
    for (const name in properties) {
      const isGiven = Object.hasOwn(given, name); // not "constructor" of every object
      const made = part(properties[name], way, isGiven ? given[name] : undefined, name);
      if (made !== undefined || isGiven) value[name] = made;
    }
    if (rest)
      for (const name in given) if (!Object.hasOwn(properties, name)) value[name] = part(rest, way, given[name], name);
    return value;
  });
}

/** Converts the items of a list. */
export function list(item: ThinCodec): ThinCodec {
  return bothWays((given: unknown, way) => {
    requireList(given, "array");
    return given.map((each, index) => part(item, way, each, index));
  });
}

/** Converts a tuple. `undefined` is an item without conversion. Missing items at the end are omitted. */
export function tuple(items: readonly (ThinCodec | undefined)[], rest?: ThinCodec): ThinCodec {
  return bothWays((given: unknown, way) => {
    requireList(given, "tuple");
    const length = Math.max(given.length, items.length);
    const value = Array.from({ length }, (_, index) => {
      const item = index < items.length ? items[index] : rest;
      return part(item, way, given[index], index);
    });
    return value.slice(0, value.findLastIndex((each) => each !== undefined) + 1);
  });
}

/** Converts the values and keys of a dictionary. Like zod, it drops a key `__proto__`. */
export function record(item: ThinCodec | undefined, key?: ThinCodec): ThinCodec {
  return bothWays((given: unknown, way) => {
    requireObject(given, "record");
    const entries = Object.entries(given).filter(([name]) => name !== "__proto__");
    return Object.fromEntries(entries.map(([name, each]) => [part(key, way, name, name), part(item, way, each, name)]));
  });
}

/** Converts a value that may be missing. */
export function optional(inner: ThinCodec): ThinCodec {
  return bothWays((value: unknown, way) => (value === undefined ? value : inner[way](value)));
}

/** Converts a value that may be null. */
export function nullable(inner: ThinCodec): ThinCodec {
  return bothWays((value: unknown, way) => (value === null ? value : inner[way](value)));
}

/** Converts a value. The receiver fills in a missing one. */
export function defaulted(fill: () => unknown, inner?: ThinCodec): ThinCodec {
  return codecOf(
    (value: unknown) => (value === undefined || !inner ? value : inner.send(value)),
    (value: unknown) => (value === undefined ? fill() : inner ? inner.receive(value) : value),
  );
}

/** Converts a value. The receiver fills in a missing one in its wire form, and then converts it. */
export function prefaulted(fill: () => unknown, inner: ThinCodec): ThinCodec {
  return codecOf(
    (value: unknown) => (value === undefined ? value : inner.send(value)),
    (value: unknown) => inner.receive(value === undefined ? fill() : value),
  );
}

/** Combines several codecs. The first is the one at the wire. */
export function chain(...codecs: readonly ThinCodec[]): ThinCodec {
  return codecOf(
    (value: unknown) => codecs.reduceRight((made, each) => each.send(made), value),
    (value: unknown) => codecs.reduce((made, each) => each.receive(made), value),
  );
}

/** Converts a value by two codecs, each of which sees the value as given, and merges the results. */
export function both(left: ThinCodec, right: ThinCodec): ThinCodec {
  return bothWays((value: unknown, way) => merged(value, left[way](value), right[way](value)));
}

/** Returns the part that a codec has changed. A part that both have changed is the same in both. */
function merged(given: unknown, left: unknown, right: unknown): unknown {
  if (left === given || right === given) return left === given ? right : left;
  if (Array.isArray(left) && Array.isArray(right)) {
    const items = given as readonly unknown[];
    return left.map((item, index) => merged(items[index], item, right[index]));
  }
  if (!isPlain(left) || !isPlain(right)) return left;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  const values = isPlain(given) ? given : {};
  return Object.fromEntries([...names].map((name) => [name, merged(values[name], left[name], right[name])]));
}

function isPlain(value: unknown): value is Values {
  return kindOf(value) === "object";
}

/** Converts objects that are discriminated by the value of one property. */
export function byProperty(name: string, cases: Readonly<Record<string, ThinCodec>>): ThinCodec {
  return bothWays((value: Values, way) => {
    const found = `${value?.[name]}`;
    return Object.hasOwn(cases, found) ? cases[found]?.[way](value) : value;
  });
}

/** Converts values by their kind, with one table for the wire and one for applications. */
export function byKind(wire: Readonly<Record<string, ThinCodec>>, own: Readonly<Record<string, ThinCodec>>): ThinCodec {
  return codecOf(
    (value: unknown) => own[kindOf(value)]?.send(value) ?? value,
    (value: unknown) => wire[kindOf(value)]?.receive(value) ?? value,
  );
}

/** Creates a codec that contains itself. */
export function lazily(codec: () => ThinCodec): ThinCodec {
  return bothWays((value: unknown, way) => codec()[way](value));
}

/** Returns the kind of a value: `typeof`, or the class of an object that codecs know. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value !== "object") return typeof value;
  for (const Class of [Date, Map, Set, URL, Uint8Array]) if (value instanceof Class) return Class.name;
  return "object";
}
