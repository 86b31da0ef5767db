/** Random numbers from a seed (mulberry32), so that a failure can be repeated. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lists that are or nearly are messages, wilder with each change. */
const WILD: readonly unknown[] = [
  null,
  true,
  0,
  1,
  -1,
  1.5,
  2 ** 53,
  2 ** 53 + 2,
  2n ** 63n,
  "",
  "com.example.a",
  "wamp.x",
  "#",
  "a".repeat(300),
  "\0AAE", // no Base64: text that reads as binary cannot be sent over JSON
  [],
  [[]],
  {},
  { match: "prefix" },
  { match: 1 },
  { acknowledge: 1 },
  { eligible: "all" },
  { mode: "kill" },
  { timeout: -1 },
  { receive_progress: true, timeout: 1, disclose_me: true },
  { roles: [] },
  Uint8Array.of(1, 2, 3),
  { __proto__x: 1, a: { b: [null] } },
];

/** One of the values, by chance. */
export function pick<T>(random: () => number, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T;
}

/** A list with some elements replaced, swapped, doubled or taken out. */
export function mutateList(random: () => number, list: readonly unknown[]): unknown[] {
  const mutated = [...list];
  const changes = Math.floor(random() * 3);
  for (let change = 0; change <= changes; change++) {
    const at = Math.floor(random() * mutated.length);
    switch (Math.floor(random() * 6)) {
      case 0:
        mutated.splice(at, 1);
        break;
      case 1:
        mutated.splice(at, 0, mutated[at]);
        break;
      case 2:
        mutated.push(pick(random, WILD));
        break;
      case 3:
        [mutated[at], mutated[0]] = [mutated[0], mutated[at]];
        break;
      default:
        mutated[at] = pick(random, WILD);
    }
  }
  return mutated;
}

/** Bytes with some of them changed, cut off, doubled or added. */
export function mutateBytes(random: () => number, bytes: Uint8Array): Uint8Array {
  const mutated = [...bytes];
  const changes = 1 + Math.floor(random() * 3);
  for (let change = 0; change < changes && mutated.length > 0; change++) {
    const at = Math.floor(random() * mutated.length);
    switch (Math.floor(random() * 5)) {
      case 0:
        mutated.length = at;
        break;
      case 1:
        mutated.splice(at, 1 + Math.floor(random() * 4));
        break;
      case 2:
        mutated.splice(at, 0, Math.floor(random() * 256));
        break;
      case 3:
        mutated[at] = (mutated[at] as number) ^ (1 << Math.floor(random() * 8));
        break;
      default:
        mutated[at] = Math.floor(random() * 256);
    }
  }
  return Uint8Array.from(mutated);
}
