/** What each goal is, in a line: it is printed below the rows that have one. */
export const GOALS = {
  G1: "a small call takes little of the router's CPU; the baseline echoes the CALL's bytes by `ws`, of which a call needs two",
  G3: "payloads are checked and not decoded, so a large call takes not much more than an echo of its bytes",
  G4: "an event takes what it takes to write a frame made beforehand to each socket",
  G5: "events in numbers share writes",
  G6: "a large event is encoded and framed once for all",
  G7: "an answer comes soon, and nobody waits much longer than the others",
  G8: "our client takes a fraction of what others take, and not much more than a minimal one on `ws` without any checks",
  G9: "types and their checks add little to a call",
  G10: "sessions and what they hold take little memory",
  G14: "at twice the load that it can take the router loses no call, keeps its memory, and slow readers cost others nothing",
  G15: "whatever others do, a client that calls every millisecond waits at most so many ms; calls that are not answered hold up none behind them",
  G16: "rules, a log and metrics cost calls and events at most 3 %",
  lookup: "a URI that many patterns are tried for is found, or not, within so many µs",
  growth: "a router that holds much serves as one that holds little",
  whole: "a typed call takes less than in other systems, though a router is between: twice the messages",
  startup: "a process calls soon after it has started",
  batches: "all messages of a turn in one frame take no more than each in its own",
} as const;

export type GoalId = keyof typeof GOALS;

/** The most that a row may show. */
export interface Goal {
  readonly id: GoalId;
  /** As a multiple of the baseline, or in the row's unit where it has none. */
  readonly ratio: number;
  /** As a multiple of each other router's figure, where others are measured. */
  readonly ofOthers?: number;
}
