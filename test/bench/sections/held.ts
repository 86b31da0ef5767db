/** The CPU per message and the memory of a router that holds a lot, or has many features enabled. */
import { compareSettings } from "../compared.js";
import { median } from "../cpu.js";
import { chosen, isChosen } from "../flags.js";
import { GROWTH, measureGrowth } from "../growth.js";
import { bytesPerConnection, KEPT, type Kept, memoryOf } from "../memory.js";
import type { Started } from "../peers.js";
import { measurePermissions } from "../permissions.js";
import type { Report } from "../report.js";
import { LONG } from "../rounds.js";
import { type External, externalServer, startServer } from "../servers.js";

/** For what may differ by a few hundredths: many short rounds on two servers that stand at once. */
const MANY = { rounds: 50, roundMs: 150, warmUpMs: LONG.warmUpMs };

export async function growth(report: Report): Promise<void> {
  report.section({
    title: "Growth: a full router, compared with an almost empty one",
    chart: "growth",
    unit: "µs of CPU per message",
  });
  for (const each of chosen(GROWTH)) {
    const { few, many } = await measureGrowth(each, { ...MANY, rounds: 15 });
    report.add({
      name: each.name,
      figure: median(many),
      baseline: median(few),
      goal: { id: "growth", ratio: each.goal },
    });
  }
}

/** Rules for roles cost calls and events next to nothing. */
export async function permissions(report: Report): Promise<void> {
  report.section({
    title: "Permissions: with rules for roles, compared with none",
    chart: "permissions",
    unit: "µs of CPU per message",
  });
  for (const unit of ["call", "event"] as const) {
    if (!isChosen(`permissions, ${unit}`, true)) continue;
    const { ruled, free } = await measurePermissions(unit, MANY);
    report.add({
      name: `permissions, ${unit}`,
      figure: median(ruled),
      baseline: median(free),
      goal: { id: "G16", ratio: 1.03 },
    });
  }
}

/** A log and metrics cost calls and events next to nothing. */
export async function watching(report: Report): Promise<void> {
  report.section({
    title: "Observation: with a log and metrics, compared with none",
    chart: "watching",
    unit: "µs of CPU per message",
  });
  for (const unit of ["call", "event"] as const) {
    if (!isChosen(`watching, ${unit}`, true)) continue;
    const [watched, alone] = await compareSettings([{ watched: true }, {}], unit, MANY);
    report.add({
      name: `watching, ${unit}`,
      figure: median(watched),
      baseline: median(alone),
      goal: { id: "G16", ratio: 1.03 },
    });
  }
}

/** In a fresh process where it is one that we start: another may still have what earlier rows left. Not a number where it cannot do that. */
async function residentIn(other: External | Started, kept: Kept): Promise<number> {
  const fresh = "again" in other ? await other.again() : undefined;
  if (typeof fresh === "string") return Number.NaN;
  try {
    return (await memoryOf(kept, externalServer(fresh ?? other))).resident;
  } catch {
    return Number.NaN;
  } finally {
    fresh?.stop();
  }
}

/** Bytes that one more of each takes: on the heap, which another process does not tell, and of the whole process. */
export async function memory(report: Report, others: readonly External[]): Promise<void> {
  report.section({ title: "Memory", chart: "memory", unit: "bytes for each" });
  for (const kept of chosen(KEPT)) {
    const isSession = kept.name === "memory of an idle session";
    const [{ heap, resident }, baseline, ...theirs] = await Promise.all([
      memoryOf(kept, await startServer("router")),
      isSession ? bytesPerConnection() : undefined,
      ...others.map((other) => residentIn(other, kept)),
    ]);
    const against = Object.fromEntries(others.map(({ name }, index) => [name, theirs[index] as number]));
    report.add({ name: `${kept.name}, on the heap`, figure: heap, goal: kept.heapGoal });
    report.add({
      name: `${kept.name}, resident${isSession ? ", to a bare ws connection" : ""}`,
      figure: resident,
      baseline,
      goal: isSession ? { id: "G10", ratio: 1.35 } : undefined,
      against,
    });
  }
}
