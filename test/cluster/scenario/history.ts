import type { LifeSeen, Outcome } from "./run.js";

/** The life of a node at a moment, if it was in the cluster then. */
export function lifeAt(lives: readonly LifeSeen[], node: string, atMs: number): LifeSeen | undefined {
  return lives.find((life) => life.node === node && life.fromMs <= atMs && (life.untilMs ?? Infinity) > atMs);
}

/** The number at the end of a key. */
export function numberOf(key: string): number {
  return Number(key.split(" ").at(-1));
}

/** Whether something stood when all had calmed down, just before all clients went. */
export function stood(endedMs: number | undefined, { healedMs }: Outcome): boolean {
  return endedMs === undefined || endedMs >= healedMs;
}

/** Items by a key, in order. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
