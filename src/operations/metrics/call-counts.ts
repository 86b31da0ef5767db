import * as uris from "../../wire/uris.js";
import { OTHER } from "./bounded-counts.js";
import type { Exposition, Labels } from "./exposition.js";
import { Histogram } from "./histogram.js";

/** The upper bounds of the durations of calls, in seconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const KNOWN_OUTCOMES: ReadonlySet<string> = new Set(
  Object.values(uris).filter((value) => typeof value === "string" && /^(?:wamp|wampact)\.error\./.test(value)),
) as ReadonlySet<string>;

/** Returns the label of an outcome: the error URI of WAMP or Wampact, or one label for all application errors. */
export function outcomeLabel(uri: string): string {
  return KNOWN_OUTCOMES.has(uri) ? uri : "application_error";
}

/** The metrics of one procedure's calls. */
class ProcedureCalls {
  readonly durations = new Histogram(BOUNDS);
  readonly failures = new Map<string, number>(); // outcome → calls
  succeeded = 0;
}

/** The procedures with their own time series: the configured ones, or the first ones of all realms. */
export class ProcedureNames {
  readonly #named: ReadonlySet<string> | undefined;
  #left: number;

  constructor({
    procedures,
    maxProcedures,
  }: { readonly procedures: readonly string[] | undefined; readonly maxProcedures: number }) {
    this.#named = procedures && new Set(procedures);
    this.#left = maxProcedures;
  }

  /** Returns whether a procedure that is counted for the first time has its own time series. */
  admit(procedure: string): boolean {
    if (this.#named) return this.#named.has(procedure);
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}

/** The metrics of one realm's calls by procedure. */
export class CallCounts {
  readonly #names: ProcedureNames;
  readonly #byProcedure = new Map([["wamp.", new ProcedureCalls()]]); // one entry for all procedures of the realm itself
  readonly #others = new ProcedureCalls();
  #lastProcedure = ""; // usually also the next one
  #last = this.#others;

  constructor(names: ProcedureNames) {
    this.#names = names;
  }

  /** Implements `RealmMeter.called`. */
  add(procedure: string, outcome: string | undefined, durationMs: number, weight: number): void {
    const calls = procedure === this.#lastProcedure ? this.#last : this.#find(procedure);
    if (weight > 0) calls.durations.add(durationMs / 1_000, weight);
    if (outcome === undefined) {
      calls.succeeded++;
      return;
    }
    const label = outcomeLabel(outcome);
    calls.failures.set(label, (calls.failures.get(label) ?? 0) + 1);
  }

  /** Writes the samples of a counter by procedure and outcome. */
  writeCounts(out: Exposition, name: string, labels: Labels): void {
    for (const [procedure, { succeeded, failures }] of this.#all()) {
      out.sample(name, { ...labels, procedure, outcome: "ok" }, succeeded);
      for (const [outcome, count] of failures) out.sample(name, { ...labels, procedure, outcome }, count);
    }
  }

  /** Writes the samples of a histogram by procedure. */
  writeDurations(out: Exposition, name: string, labels: Labels): void {
    for (const [procedure, { durations }] of this.#all()) durations.write(out, name, { ...labels, procedure });
  }

  #all(): Iterable<readonly [procedure: string, calls: ProcedureCalls]> {
    return [...this.#byProcedure, [OTHER, this.#others]];
  }

  #find(procedure: string): ProcedureCalls {
    this.#lastProcedure = procedure;
    this.#last = this.#byProcedure.get(procedure) ?? this.#begin(procedure);
    return this.#last;
  }

  #begin(procedure: string): ProcedureCalls {
    if (!this.#names.admit(procedure)) return this.#others;
    const calls = new ProcedureCalls();
    this.#byProcedure.set(procedure, calls);
    return calls;
  }
}
