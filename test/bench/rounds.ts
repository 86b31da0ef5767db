/** How figures are measured: sides in turn, warm, and from processes started anew until these agree. */
import { median } from "./cpu.js";
import type { Load } from "./scenarios.js";
import type { Server } from "./servers.js";

/** How long and how often is measured. */
export interface Rounds {
  /** In which all sides have their turn, on the same processes. */
  readonly rounds: number;
  readonly roundMs: number;
  /** Until the compiler has done its work and the heap has its size. */
  readonly warmUpMs: number;
  /** Fresh processes, at least and at most: more where the ratio of the first two sides differs by more than `SPREAD`. */
  readonly starts: readonly [number, number];
}

/** Within a minute or two for all scenarios of the short half, or as exactly as for `docs/benchmarks.md`. */
export const SHORT: Rounds = { rounds: 3, roundMs: 200, warmUpMs: 500, starts: [1, 1] };
export const LONG: Rounds = { rounds: 3, roundMs: 350, warmUpMs: 1_250, starts: [2, 4] };

/** How far fresh processes may differ before there are more of them. */
const SPREAD = 0.05;

/** Something that is measured: it runs a load for a while and says how many messages there were. */
export interface Side {
  run(durationMs: number): Promise<number>;
  /** CPU time so far, in microseconds. */
  cpu(): Promise<number>;
  /** Milliseconds of each message of the last run, in order of size. */
  latencies?(): readonly number[];
  stop(): void;
}

/** The figures of each round: CPU per message in µs, and the median and 99th percentile of the latency in ms. */
export interface Figures {
  readonly cpu: number[];
  readonly p50: number[];
  readonly p99: number[];
}

/** The figures of all sides; a side that cannot be opened has none. */
export async function measureSides(
  openers: readonly (() => Promise<Side | undefined>)[],
  rounds: Rounds,
): Promise<readonly Figures[]> {
  const all = openers.map(newFigures);
  const ratios: number[] = [];
  const [least, most] = rounds.starts;
  for (let start = 0; start < most; start++) {
    if (start >= least && Math.max(...ratios) <= Math.min(...ratios) * (1 + SPREAD)) break;
    const sides = await Promise.all(openers.map((opener) => opener()));
    try {
      const figures = await inTurn(sides, rounds);
      for (const [index, each] of figures.entries()) {
        for (const name of ["cpu", "p50", "p99"] as const) all[index]?.[name].push(...each[name]);
      }
      const [first, second] = figures.map(({ cpu }) => median(cpu));
      ratios.push((first as number) / (second ?? 1));
    } finally {
      for (const side of sides) side?.stop();
    }
  }
  return all;
}

/** Each side warm, then all in turn. */
export async function inTurn(
  sides: readonly (Side | undefined)[],
  { rounds, roundMs, warmUpMs }: Omit<Rounds, "starts">,
): Promise<readonly Figures[]> {
  const figures = sides.map(newFigures);
  for (const side of sides) await side?.run(warmUpMs);
  for (let count = 0; count < rounds; count++) {
    for (const [index, side] of sides.entries()) if (side) await round(side, roundMs, figures[index] as Figures);
  }
  return figures;
}

/** µs of CPU per message of two servers that stand already, in each round. */
export async function alternate(
  sides: readonly { readonly server: Server; readonly load: Load }[],
  rounds: Omit<Rounds, "starts">,
): Promise<readonly [readonly number[], readonly number[]]> {
  const [first, second] = await inTurn(sides.map(sideOf), rounds);
  return [first?.cpu ?? [], second?.cpu ?? []];
}

/** A load on a server as a side. */
export function sideOf({ server, load }: { readonly server: Server; readonly load: Load }): Side {
  return {
    ...load,
    cpu: server.cpu,
    stop() {
      load.close();
      server.stop();
    },
  };
}

async function round(side: Side, roundMs: number, figures: Figures): Promise<void> {
  const before = await side.cpu();
  const messages = await side.run(roundMs);
  figures.cpu.push(((await side.cpu()) - before) / messages);
  const sorted = side.latencies?.() ?? [];
  figures.p50.push(sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN);
  figures.p99.push(sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN);
}

function newFigures(): Figures {
  return { cpu: [], p50: [], p99: [] };
}
