/** Our client beside others, and what checking payloads takes. */
import { CLIENT_SCENARIOS, measureClients } from "../clients.js";
import { chosen, isChosen, rounds } from "../flags.js";
import type { Report } from "../report.js";
import { measureValidation } from "../validation.js";

export async function clients(report: Report): Promise<void> {
  const unit = "µs of the client's CPU per call";
  report.section({ title: "A client, to another client; small calls in JSON, 64 in flight", chart: "clients", unit });
  const scenarios = chosen(CLIENT_SCENARIOS);
  for (const role of ["caller", "callee"] as const) {
    const ofRole = scenarios.filter((scenario) => scenario.role === role);
    const kinds = new Set(ofRole.flatMap(({ client, baseline }) => [client, baseline]));
    const figures = await measureClients(role, [...kinds], rounds);
    for (const { name, client, baseline, goal } of ofRole) {
      report.add({ name, figure: figures.get(client) as number, baseline: figures.get(baseline) as number, goal });
    }
  }
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
