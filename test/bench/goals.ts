/** Explains each goal in one sentence. The report prints the sentence below each table that has the goal. */
export const GOALS = {
  G1: "A small call costs the router little CPU. The baseline is a `ws` server that echoes the bytes of a CALL; a call through a router needs two such echoes.",
  G3: "A large call costs little more than an echo of its bytes, because the router checks payloads and does not decode them.",
  G4: "An event costs as much as writing one prepared frame to each socket.",
  G5: "Many small events share writes.",
  G6: "A large event is encoded and framed once for all its receivers.",
  G7: "An answer comes quickly, and the slowest answers are not much later than the others.",
  G8: "Our client costs a fraction of other clients, and little more than a minimal client on `ws` without any checks.",
  G9: "Types and the checks that belong to them add little to the cost of a call.",
  G10: "Sessions, and what they hold, take little memory.",
  G14: "At twice the load that it can take, the router loses no call, keeps its memory bounded, and does not let slow readers delay others.",
  G15: "A client that calls every millisecond waits at most this many milliseconds, whatever other clients do. Calls without an answer delay no later ones.",
  G16: "Rules, a log and metrics add at most 3 % to the cost of calls and events.",
  lookup:
    "The router finds a URI, or finds that it is not there, within this many microseconds when many patterns must be tried.",
  growth: "A router that holds much is as fast as one that holds little.",
  whole: "A typed call costs less than in other systems, although it passes a router and so needs twice the messages.",
  startup: "A process can call soon after it has started.",
  batches: "All messages of a turn in one frame cost no more than each message in a frame of its own.",
} as const;

export type GoalId = keyof typeof GOALS;

/** The largest value that a row may show. */
export interface Goal {
  readonly id: GoalId;
  /** As a multiple of the baseline, or in the row's unit where it has none. */
  readonly ratio: number;
  /** As a multiple of each other router's figure, where others are measured. */
  readonly ofOthers?: number;
}
