import type { RealmMeter } from "../../router/meter.js";
import type { RouterEvent } from "../../router/observer.js";
import { BoundedCounts } from "./bounded-counts.js";
import { CallCounts, outcomeLabel, type ProcedureNames } from "./call-counts.js";

/** The maximum number of labels of one kind with their own counts: roles, and reasons that the application may choose. */
const MOST_TEXTS = 50;

/** The events of a realm. */
export type RealmEvent = Extract<RouterEvent, { readonly realm: string }>;

/** The counts of one realm. */
export class RealmCounts implements RealmMeter {
  readonly name: string;
  readonly calls: CallCounts;
  readonly refusedCalls: BoundedCounts = new BoundedCounts(MOST_TEXTS);
  readonly sessions: BoundedCounts = new BoundedCounts(MOST_TEXTS); // role → current sessions
  readonly ended: BoundedCounts = new BoundedCounts(MOST_TEXTS); // who ended the session → sessions
  readonly cut: BoundedCounts = new BoundedCounts(MOST_TEXTS);
  readonly dropped: BoundedCounts = new BoundedCounts(MOST_TEXTS);
  readonly denied: BoundedCounts = new BoundedCounts(MOST_TEXTS);
  readonly limited: BoundedCounts = new BoundedCounts(MOST_TEXTS);
  joined: number = 0;
  frozen: number = 0;
  publications: number = 0;
  deliveries: number = 0;

  constructor(name: string, names: ProcedureNames) {
    this.name = name;
    this.calls = new CallCounts(names);
  }

  called(procedure: string, outcome: string | undefined, durationMs: number, weight: number): void {
    this.calls.add(procedure, outcome, durationMs, weight);
  }

  refused(outcome: string): void {
    this.refusedCalls.add(outcomeLabel(outcome));
  }

  published(receivers: number): void {
    this.publications++;
    this.deliveries += receivers;
  }

  delivered(receivers: number): void {
    this.deliveries += receivers;
  }

  observe(event: RealmEvent): void {
    switch (event.type) {
      case "joined":
        this.joined++;
        return this.sessions.add(event.authrole);
      case "left":
        this.sessions.add(event.authrole, -1);
        if (event.cut) this.cut.add(event.cut);
        return this.ended.add(event.endedBy);
      case "frozen":
        this.frozen++;
        return;
      case "dropped":
        return this.dropped.add(event.reason);
      case "denied":
        return this.denied.add(event.request);
      case "limited":
        return this.limited.add(event.limit);
    }
  }
}
