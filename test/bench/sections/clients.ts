/** Our client beside others, and what checking payloads takes. */
import { CLIENT_SCENARIOS, measureClients } from "../clients.js";
import { chosen, flags, isChosen, rounds, short } from "../flags.js";
import type { Report } from "../report.js";
import { measureStartup } from "../startup.js";
import { measureValidation } from "../validation.js";
import { measureWholeCalls } from "../whole-calls.js";

export async function clients(report: Report): Promise<void> {
  const unit = "µs of the client's CPU per message";
  report.section({
    title: "Clients, compared with another client: small messages in JSON, 64 at a time",
    chart: "clients",
    unit,
  });
  const scenarios = chosen(CLIENT_SCENARIOS);
  for (const role of ["caller", "callee", "subscriber"] as const) {
    const ofRole = scenarios.filter((scenario) => scenario.role === role);
    const kinds = new Set(ofRole.flatMap(({ client, baseline }) => [client, baseline]));
    const figures = await measureClients(role, [...kinds], rounds);
    for (const { name, client, baseline, goal } of ofRole) {
      report.add({ name, figure: figures.get(client) as number, baseline: figures.get(baseline) as number, goal });
    }
  }
}

/** Typed calls in all processes that take part. */
export async function wholeCalls(report: Report): Promise<void> {
  const title = "A typed call from end to end, all processes together, compared with other systems";
  report.section({ title, chart: "whole-calls", unit: "µs of CPU per call" });
  const scenarios = [64, 1].map((inFlight) => ({
    inFlight,
    name: `typed call end to end, ${inFlight} in flight`,
    long: true,
  }));
  for (const { name, inFlight } of chosen(scenarios)) {
    const figures = await measureWholeCalls(flags.peers ?? ".", inFlight, rounds);
    const figure = figures.get("wampact") as number;
    for (const [system, ratio] of [
      ["socket.io", inFlight === 1 ? 1 : 1 / 2],
      ["tRPC", 1 / 6],
    ] as const) {
      const baseline = figures.get(system);
      const goal = { id: "whole", ratio } as const;
      if (baseline === undefined) report.add({ name: `${name}; ${system} is not installed`, figure });
      else report.add({ name: `${name}, to ${system}`, figure, baseline, goal });
    }
  }
}

/** How soon a process has called. */
export async function startup(report: Report): Promise<void> {
  if (!isChosen("startup")) return;
  report.section({ title: "Startup, wall-clock", chart: "startup", unit: "ms" });
  const { imported, called } = await measureStartup(short ? 5 : 20);
  report.add({ name: "startup, import of wampact/peer", figure: imported, goal: { id: "startup", ratio: 50 } });
  report.add({ name: "startup, from process to first call", figure: called, goal: { id: "startup", ratio: 180 } });
}

export function validation(report: Report): void {
  if (!isChosen("validation")) return;
  report.section({ title: "Checking payloads", chart: "validation", unit: "µs" });
  const { bytes, parse, check, reject } = measureValidation();
  report.add({
    name: `a payload of ${bytes} B, to its JSON.parse`,
    figure: check,
    baseline: parse,
    goal: { id: "G9", ratio: 0.7 },
  });
  report.add({ name: "a refusal, before the error is encoded", figure: reject, goal: { id: "G9", ratio: 2 } });
}
