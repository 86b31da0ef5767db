import type { Load } from "./scenarios.js";
import type { Server } from "./servers.js";

/** How a figure is measured. */
export interface Rounds {
  readonly rounds: number;
  readonly roundMs: number;
}

/** CPU of each of two servers per message of its load, in microseconds. Both run at once and are measured in turn. */
export async function alternate(
  sides: readonly { readonly server: Server; readonly load: Load }[],
  { rounds, roundMs }: Rounds,
): Promise<readonly [readonly number[], readonly number[]]> {
  const figures: [number[], number[]] = [[], []];
  for (const { load } of sides) await load.run(roundMs);
  for (let count = 0; count < rounds; count++) {
    for (const [index, { server, load }] of sides.entries()) {
      const before = await server.cpu();
      const messages = await load.run(roundMs);
      figures[index as 0 | 1].push(((await server.cpu()) - before) / messages);
    }
  }
  return figures;
}
