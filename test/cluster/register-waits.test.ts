import { expect, test } from "vitest";
import type { Fault, Plan } from "./scenario/plan.js";
import { run } from "./scenario/run.js";

/** The lease, a beat that has just been heard, and the way of what tells that a node is expelled. */
const MOST_MS = 7_000 + 100;

/** One client registers at the first of three nodes, 4 s after something has begun to happen. */
function registersWhile(fault: Fault): Plan {
  const steps: Plan["steps"] = [
    { atMs: 100, client: 0, act: { do: "join", node: 0 } },
    { atMs: 2_000, fault },
    { atMs: 6_000, client: 0, act: { do: "register", procedure: "com.example.work", options: {} } },
  ];
  return { seed: 1, nodes: 3, clients: 1, actMs: 25_000, steps };
}

test.for<readonly [string, Fault, outcome: string | undefined]>([
  ["stands still", { do: "freeze", node: 1, ms: 20_000 }, undefined],
  ["is cut off", { do: "cut", node: 1, ms: 20_000 }, undefined],
  ["does not hear this one, and expels it", { do: "cutPair", node: 0, to: 1, ms: 20_000 }, "wamp.error.unavailable"],
  ["is not heard by this one", { do: "cutPair", node: 1, to: 0, ms: 20_000 }, undefined],
  ["is itself the one that is cut off", { do: "cut", node: 0, ms: 20_000 }, "wamp.error.unavailable"],
])("a REGISTER is answered within the lease where a router %s", async ([, fault, refused]) => {
  const { witness } = await run(registersWhile(fault));
  const [registration] = witness.registrations;
  expect(registration?.refused).toBe(refused);
  const answeredMs = registration?.sinceMs ?? registration?.refusedMs ?? Infinity;
  expect(answeredMs - (registration?.askedMs ?? 0)).toBeLessThan(MOST_MS);
});

test("a REGISTER is refused when the directory has confirmed no write for 10 s, and the next one is taken", async () => {
  const { steps, ...plan } = registersWhile({ do: "loseRequests", rate: 1, ms: 20_000 });
  const later = { do: "register", procedure: "com.example.later", options: {} } as const;
  const { witness } = await run({ ...plan, actMs: 40_000, steps: [...steps, { atMs: 30_000, client: 0, act: later }] });
  const [refused, taken] = witness.registrations;
  expect(refused).toMatchObject({ refused: "wamp.error.unavailable" });
  expect((refused?.refusedMs ?? Infinity) - (refused?.askedMs ?? 0)).toBeLessThan(12_000);
  expect(taken?.refused).toBeUndefined();
  expect(taken?.sinceMs).toBeDefined();
});
