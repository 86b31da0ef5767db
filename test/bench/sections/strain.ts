/** The delays that other clients cause for a client, and the behavior of an overloaded router. */
import { abuse, drawn } from "../abuse.js";
import { median } from "../cpu.js";
import { DISTURBANCES } from "../disturbances.js";
import { chosen, flags, isChosen, rounds, short } from "../flags.js";
import { behindMany, LOOKUPS, measureLookup } from "../lookups.js";
import { overload, slowSubscriber } from "../overload.js";
import { measurePause } from "../pauses.js";
import type { Report } from "../report.js";

/** The most that a bystander may wait, in ms. */
const PAUSE_MS = 50;

export async function pauses(report: Report): Promise<void> {
  report.section({
    title: "Pauses: the longest delay of a bystander that calls every millisecond",
    chart: "pauses",
    unit: "ms",
  });
  for (const disturbance of DISTURBANCES) {
    const name = `pause, ${disturbance.name}`;
    if (!isChosen(name, disturbance.long)) continue;
    const { longest, p99, peak, how } = await measurePause(disturbance, PAUSE_MS);
    const note = [`p99 ${p99.toFixed(2)}`, `router ${Math.round(peak)} MB at most`, how].filter(Boolean).join(", ");
    report.add({ name, figure: longest, goal: { id: "G15", ratio: PAUSE_MS }, note });
  }
}

/** The effect of one client's registrations on the calls of others. */
export async function lookups(report: Report): Promise<void> {
  report.section({ title: "Calls of a URI that matches no pattern", chart: "lookups", unit: "µs of CPU per call" });
  for (const each of chosen(LOOKUPS)) {
    const { filled, empty } = await measureLookup(each, rounds);
    const note = `in an empty realm ${median(empty).toFixed(2)}`;
    report.add({ name: each.name, figure: median(filled), goal: { id: "lookup", ratio: each.goalUs }, note });
  }
}

/** A caller that waits for many answers may go on with other calls. */
export async function unanswered(report: Report): Promise<void> {
  report.section({
    title: "A call behind many unanswered calls, compared with one behind many answered calls",
    chart: "unanswered",
    unit: "ms",
  });
  const scenarios = [5_000, 10_000, 20_000].map((calls) => ({
    calls,
    name: `pause, a call behind ${calls.toLocaleString("en")} unanswered ones`,
    long: calls !== 10_000,
  }));
  for (const { name, calls } of chosen(scenarios)) {
    const figures: Awaited<ReturnType<typeof behindMany>>[] = [];
    for (let round = 0; round < 3; round++) figures.push(await behindMany(calls));
    report.add({
      name,
      figure: median(figures.map((each) => each.unanswered)),
      baseline: median(figures.map((each) => each.answered)),
      goal: { id: "G15", ratio: 2 },
    });
  }
}

/** Twice the sustainable rate. */
export async function underLoad(report: Report): Promise<void> {
  if (!isChosen("overload")) return;
  const seconds = short ? 3 : 30;
  report.section({ title: `Overload, ${seconds} s`, chart: "overload", unit: "counts" });
  const { sustained, offered, taken, calls: all, lost, before, most } = await overload(seconds * 1_000);
  report.add({
    name: `overload, calls per second that were answered, of ${Math.round(offered).toLocaleString("en")} offered, to what is sustained`,
    figure: taken,
    baseline: sustained,
  });
  report.add({
    name: `overload, calls without an answer, of ${all.toLocaleString("en")} sent`,
    figure: lost,
    goal: { id: "G14", ratio: 0 },
  });
  report.add({ name: "overload, resident MB at most, to before", figure: most, baseline: before });
  const slow = await slowSubscriber({ rounds: short ? 3 : 9, roundMs: rounds.roundMs });
  report.add({
    name: "overload, µs per event with a subscriber that never reads, to without",
    figure: median(slow.with),
    baseline: median(slow.without),
    goal: { id: "G14", ratio: 1.1 },
  });
}

/** It takes long, and is measured only where it is asked for. */
export async function underAbuse(): Promise<void> {
  if (flags.only !== "abuse") return;
  console.log(`\nMixed abuse, ${flags.minutes} min`);
  const { stretches, faults } = await abuse(flags.minutes, (line) => console.log(line));
  const lines = [
    ["resident MB", stretches.map(({ rss }) => rss)],
    ["heap MB", stretches.map(({ heap }) => heap)],
    ["longest delay, ms", stretches.map(({ longest }) => longest)],
    ["p99 of delays, ms", stretches.map(({ p99 }) => p99)],
  ] as const;
  for (const [name, values] of lines) console.log(drawn(name, values));
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
