/** Calls and events through the router, beside bare servers and other routers. */
import { median } from "../cpu.js";
import { chosen, inPlace, own, rounds } from "../flags.js";
import type { Report } from "../report.js";
import { type Figures, measureSides, type Side, sideOf } from "../rounds.js";
import { type Load, MANY_CALLS, ONE_CALL, SCENARIOS, type Scenario } from "../scenarios.js";
import { type External, externalServer, pinLoad, type Server, startServer } from "../servers.js";
import { threadRoundTrip } from "../threads.js";

/** The figures of a scenario's rounds: the router's, the baseline's, then those of other routers. */
type Measured = ReadonlyMap<string, readonly Figures[]>;

export async function callsAndEvents(report: Report, others: readonly External[]): Promise<void> {
  const measured = new Map<string, readonly Figures[]>();
  const all = own ? [own] : chosen(SCENARIOS);
  const parts = [
    { unit: "call", chart: "calls", title: "Calls, compared with an echo of their bytes by a bare ws server" },
    { unit: "event", chart: "events", title: "Events, compared with a bare ws server that frames a message once" },
  ] as const;
  for (const { unit, chart, title } of parts) {
    report.section({ title, chart, unit: `µs of the router's CPU per ${unit}` });
    for (const scenario of all.filter((each) => each.unit === unit)) {
      const figures = await measure(scenario, others);
      measured.set(scenario.name, figures);
      const [figure, baseline, ...rest] = figures.map(({ cpu }) => medianOrNone(cpu));
      const against = Object.fromEntries(others.map(({ name }, index) => [name, rest[index] as number]));
      report.add({ name: scenario.name, figure: figure as number, baseline, goal: scenario.goal, against });
    }
  }
  if (own || inPlace) return;
  latencies(report, measured);
  await threads(report, measured);
}

/** How long one waits for an answer, from the rounds above. */
function latencies(report: Report, measured: Measured): void {
  const [single, crowd] = [measured.get(ONE_CALL.name), measured.get(MANY_CALLS.name)];
  if (!single || !crowd) return;
  report.section({ title: "Latency of a call", chart: "latency", unit: "ms" });
  const [one, echo] = single as [Figures, Figures];
  report.add({
    name: "1 in flight on one CPU, p50, to the echo's",
    figure: median(one.p50),
    baseline: median(echo.p50),
    goal: { id: "G7", ratio: 2.3 },
  });
  const [many] = crowd as [Figures];
  report.add({
    name: "256 in flight on 64 connections, p99, to its p50",
    figure: median(many.p99),
    baseline: median(many.p50),
    goal: { id: "G7", ratio: 3 },
  });
}

/** The cost of a call compared with the cost of passing one of its messages to another thread. */
async function threads(report: Report, measured: Measured): Promise<void> {
  const all = measured.get(MANY_CALLS.name);
  if (!all) return;
  report.section({ title: "Threads", chart: "threads", unit: "µs of CPU" });
  report.add({
    name: "a message of 100 B to another thread and back, to a whole call in the router",
    figure: await threadRoundTrip(rounds.roundMs * 4),
    baseline: median((all[0] as Figures).cpu),
  });
}

/** Not a number for a side that could not be opened, or that failed. */
function medianOrNone(values: readonly number[]): number {
  return values.length === 0 || values.some(Number.isNaN) ? Number.NaN : median(values);
}

/** A side whose failure ends nothing but its own runs. */
function lenient(side: Side): Side {
  let failed = false;
  return {
    ...side,
    async run(durationMs) {
      if (failed) return Number.NaN;
      return side.run(durationMs).catch(() => {
        failed = true;
        return Number.NaN;
      });
    },
  };
}

/** All servers stand at once, and are given the same load in turn. */
async function measure(scenario: Scenario, others: readonly External[]): Promise<readonly Figures[]> {
  const place = scenario.oneCpu ? "shared" : "own";
  const open = async (server: Promise<Server> | Server, load: (url: string) => Promise<Load>): Promise<Side> => {
    const started = await server;
    return sideOf({ server: started, load: await load(started.url) });
  };
  const router = () =>
    inPlace ? externalServer(inPlace, place) : startServer("router", { raw: scenario.raw ?? false }, place);
  pinLoad(place);
  try {
    return await measureSides(
      [
        () => open(router(), scenario.onRouter),
        () => open(startServer(scenario.baseline, {}, place), scenario.onBaseline),
        ...others.map(
          (other) => () => open(externalServer(other, place), scenario.onRouter).then(lenient, () => undefined),
        ), // it cannot do that
      ],
      rounds,
    );
  } finally {
    pinLoad("own");
  }
}
