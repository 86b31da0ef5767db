import type { ListenerName, Ports } from "./places.js";
import type { Random } from "./random.js";

/** The state that all attacks of a run share. */
export interface Arena {
  readonly ports: Ports;
  /** Sessions that attackers have had, the newest last. */
  readonly sessions: number[];
  /** Counts of what the attackers did, by name. */
  readonly counts: Map<string, number>;
  /** The attacks that began last, each with its seed. */
  readonly trail: string[];
  /** Tells of something that must not happen; ends the run. */
  found(what: string): void;
  /** Whether the run is over, so that what fails now fails because of that. */
  readonly over: boolean;
}

export function count(arena: Arena, what: string, by = 1): void {
  arena.counts.set(what, (arena.counts.get(what) ?? 0) + by);
}

/** One connection's worth of attack; ends by itself within seconds. */
export type Attack = (arena: Arena, random: Random) => Promise<void>;

/** The share of connections of each listener. TLS costs most and gets the fewest. */
const WEIGHTS: Readonly<Record<ListenerName, number>> = {
  plain: 40,
  tls: 3,
  deflate: 4,
  shared: 12,
  alone: 12,
  tight: 12,
  flapping: 6,
};

export function anyListener(random: Random): ListenerName {
  return random.weighted(WEIGHTS);
}

/** One on which a connection that keeps to the protocol is never cut. */
export function steadyListener(random: Random): ListenerName {
  return random.pick<ListenerName>(["plain", "plain", "shared", "alone", "tls"]);
}
