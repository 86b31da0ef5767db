/** The cost of validating a payload, in this process: compared with parsing its JSON, and for an invalid payload. */
import * as z from "zod";
import { createMapper } from "../../src/contract/mapper.js";
import { median } from "./cpu.js";

const Row = z.object({
  id: z.int(),
  name: z.string(),
  state: z.enum(["open", "done"]),
  tags: z.array(z.string()),
  score: z.number().nullable(),
});
const Payload = z.object({ page: z.int().min(0), rows: z.array(Row) });
const rows = Array.from({ length: 12 }, (_, id) => ({
  id,
  name: `row number ${id}`,
  state: "open",
  tags: ["a", "bc"],
  score: id % 2 ? null : 1.5,
}));
const text = JSON.stringify({ page: 1, rows });
const value = JSON.parse(text) as Record<string, unknown>;
const wrong = { page: "1", rows: [] };

/** Medians in microseconds. */
export function measureValidation(): {
  readonly bytes: number;
  readonly parse: number;
  readonly check: number;
  readonly reject: number;
} {
  const mapper = createMapper(Payload, { direction: "input", wire: undefined, validate: "both" });
  const figures = { parse: [] as number[], check: [] as number[], reject: [] as number[] };
  for (let round = 0; round < 15; round++) {
    figures.parse.push(time(() => JSON.parse(text)));
    figures.check.push(time(() => mapper.receive({ args: [], kwargs: value })));
    figures.reject.push(time(() => z.safeParse(Payload, wrong)));
  }
  return {
    bytes: text.length,
    parse: median(figures.parse),
    check: median(figures.check),
    reject: median(figures.reject),
  };
}

function time(work: () => unknown): number {
  const times = 5_000;
  const start = performance.now();
  for (let count = 0; count < times; count++) work();
  return ((performance.now() - start) * 1_000) / times;
}
