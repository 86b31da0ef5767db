import type { CallOptions, PublishOptions, RegisterOptions, SubscribeOptions } from "../../../src/wire/options.js";
import { Random } from "../../full/fuzz/random.js";

/** How a callee answers a call. */
export interface AnswerPlan {
  readonly kind: "result" | "error" | "unavailable" | "never";
  readonly afterMs: number;
  /** Results before the last one. */
  readonly progress: number;
  /** Bytes of each result, about. */
  readonly bytes: number;
}

/** An action of a client. */
export type Act =
  | { readonly do: "join" | "move"; readonly node: number }
  | { readonly do: "leave"; readonly how: "goodbye" | "drop" }
  | { readonly do: "register"; readonly procedure: string; readonly options: RegisterOptions }
  | { readonly do: "unregister" | "unsubscribe"; readonly which: number }
  | { readonly do: "subscribe"; readonly topic: string; readonly options: SubscribeOptions }
  | { readonly do: "publish"; readonly topic: string; readonly options: PublishOptions; readonly bytes: number }
  | {
      readonly do: "call";
      readonly procedure: string;
      readonly options: CallOptions;
      readonly answer: AnswerPlan;
      /** Parts of a progressive call, in milliseconds after each other. */
      readonly partsMs: readonly number[];
      readonly bytes: number;
    }
  | { readonly do: "cancel"; readonly which: number; readonly mode: "skip" | "kill" | "killnowait" }
  | { readonly do: "stopReading"; readonly ms: number }
  | { readonly do: "bequeath"; readonly topic: string }
  /** Ends the session of another client. */
  | { readonly do: "endOther"; readonly client: number };

/** A fault of the nodes or of the connections between them. Each ends by itself. */
export type Fault =
  | { readonly do: "freeze" | "cut"; readonly node: number; readonly ms: number }
  | { readonly do: "kill" | "shutDown"; readonly node: number; readonly ms: number; readonly isStartedAgain: boolean }
  | { readonly do: "wipe"; readonly ms: number }
  | { readonly do: "cutPair"; readonly node: number; readonly to: number; readonly ms: number }
  | { readonly do: "slow"; readonly node: number; readonly extraMs: number; readonly ms: number }
  | { readonly do: "lose" | "loseAnswers" | "loseRequests"; readonly rate: number; readonly ms: number };

/** One thing of a plan, and when it happens. */
export type Step = { readonly atMs: number } & (
  | { readonly client: number; readonly act: Act }
  | { readonly fault: Fault }
);

/** All that happens in a scenario, but for what the network draws. */
export interface Plan {
  readonly seed: number;
  readonly nodes: number;
  readonly clients: number;
  /** How long clients act and faults last, in milliseconds. */
  readonly actMs: number;
  readonly steps: readonly Step[];
}

/** How large scenarios are. */
export interface PlanSize {
  readonly nodes: number;
  readonly clients: number;
  readonly acts: number;
  readonly actMs: number;
}

const ACTS = {
  call: 34,
  publish: 22,
  register: 12,
  subscribe: 9,
  unregister: 5,
  unsubscribe: 3,
  cancel: 5,
  move: 4,
  leave: 2,
  join: 2,
  stopReading: 2,
  bequeath: 2,
  endOther: 1,
} as const;

const FAULTS = {
  freeze: 5,
  cut: 4,
  kill: 3,
  shutDown: 2,
  wipe: 0.3,
  cutPair: 2,
  slow: 3,
  lose: 3,
  loseAnswers: 5,
  loseRequests: 2,
} as const;

const PROCEDURES = ["com.a.one", "com.a.two", "com.b.one", "com.b.two.three", "com.c.work", "com.c.play"];
const PREFIXES = ["com.a", "com.", "com.c."];
const WILDCARDS = ["com..one", "com.b..three", "com.c."];
const TOPICS = ["org.a.one", "org.a.two", "org.b.one", "org.c"];
const TOPIC_PREFIXES = ["org.a", "org."];
const TOPIC_WILDCARDS = ["org..one"];
const INVOKES = { single: 30, roundrobin: 30, random: 14, first: 13, last: 13 } as const;
const MATCHES = { exact: 70, prefix: 16, wildcard: 14 } as const;

/** Draws a plan. */
export function planOf(seed: number, size: PlanSize): Plan {
  const { nodes, clients, acts, actMs } = size;
  const random = new Random(seed);
  const steps: Step[] = [];
  const perProcedure = new Map<string, string>(); // most ask for the policy that others have asked for
  for (let client = 0; client < clients; client++)
    steps.push({ atMs: random.below(300), client, act: { do: "join", node: random.below(nodes) } });
  for (let count = 0; count < acts; count++)
    steps.push({
      atMs: 500 + random.below(actMs - 500),
      client: random.below(clients),
      act: actOf(random, size, perProcedure),
    });
  const faults = random.between(2, 6);
  for (let count = 0; count < faults; count++)
    steps.push({ atMs: 1_500 + random.below(actMs * 0.7), fault: faultOf(random, nodes) });
  const answersMs = random.between(3_000, 8_000);
  steps.push({ atMs: random.below(actMs - answersMs), fault: { do: "loseAnswers", rate: 0.4, ms: answersMs } });
  steps.push(...rush(random, { nodes, clients, actMs }));
  return { seed, nodes, clients, actMs, steps: inOrder(steps) };
}

/** Much is asked of one callee, from all over, while it does not read; and while it goes. */
function rush(random: Random, { nodes, clients, actMs }: Omit<PlanSize, "acts">): readonly Step[] {
  const procedure = "com.d.rush";
  const callee = random.below(clients);
  const atMs = 3_000 + random.below(actMs * 0.7);
  const answer: AnswerPlan = { kind: "result", progress: 0, afterMs: 5, bytes: 10 };
  const steps: Step[] = [
    { atMs: atMs - 2_000, client: callee, act: { do: "register", procedure, options: {} } },
    { atMs, client: callee, act: { do: "stopReading", ms: random.between(600, 1_500) } },
  ];
  for (let count = 0; count < 24; count++) {
    const act: Act = { do: "call", procedure, options: {}, answer, partsMs: [], bytes: random.between(300, 1_500) };
    steps.push({ atMs: atMs + 50 + random.below(300), client: random.below(clients), act });
    steps.push({ atMs: atMs + 2_997 + random.below(6), client: random.below(clients), act: { ...act, bytes: 10 } });
  }
  steps.push({ atMs: atMs + 3_000, client: callee, act: { do: "move", node: random.below(nodes) } });
  return steps;
}

/** The same plan with some of its steps only. */
export function withSteps(plan: Plan, steps: readonly Step[]): Plan {
  return { ...plan, steps: inOrder(steps) };
}

function inOrder(steps: readonly Step[]): readonly Step[] {
  return [...steps].sort((one, other) => one.atMs - other.atMs);
}

function actOf(random: Random, { nodes, clients }: PlanSize, policies: Map<string, string>): Act {
  const kind = random.weighted(ACTS);
  switch (kind) {
    case "join":
    case "move":
      return { do: kind, node: random.below(nodes) };
    case "leave":
      return { do: kind, how: random.pick(["goodbye", "drop"] as const) };
    case "register":
      return registerOf(random, policies);
    case "unregister":
    case "unsubscribe":
      return { do: kind, which: random.below(8) };
    case "subscribe":
      return subscribeOf(random);
    case "publish":
      return publishOf(random);
    case "call":
      return callOf(random);
    case "cancel":
      return { do: kind, which: random.below(4), mode: random.pick(["skip", "kill", "killnowait"] as const) };
    case "stopReading":
      return { do: kind, ms: random.between(500, 4_000) };
    case "bequeath":
      return { do: kind, topic: random.pick(TOPICS) };
    case "endOther":
      return { do: kind, client: random.below(clients) };
  }
}

function registerOf(random: Random, policies: Map<string, string>): Act {
  const match = random.weighted(MATCHES);
  const procedure = random.pick(match === "exact" ? PROCEDURES : match === "prefix" ? PREFIXES : WILDCARDS);
  const which = `${match} ${procedure}`;
  const invoke = random.chance(0.9) ? (policies.get(which) ?? random.weighted(INVOKES)) : random.weighted(INVOKES);
  if (!policies.has(which)) policies.set(which, invoke);
  return {
    do: "register",
    procedure,
    options: {
      ...(match !== "exact" && { match }),
      ...(invoke !== "single" && { invoke: invoke as keyof typeof INVOKES }),
      ...(random.chance(0.1) && { disclose_caller: true }),
      ...(random.chance(0.2) && { forward_timeout: true }),
    },
  };
}

function subscribeOf(random: Random): Act {
  const match = random.weighted(MATCHES);
  const topic = random.pick(match === "exact" ? TOPICS : match === "prefix" ? TOPIC_PREFIXES : TOPIC_WILDCARDS);
  return {
    do: "subscribe",
    topic,
    options: {
      ...(match !== "exact" && { match }),
      ...(random.chance(0.15) && { nkey: random.pick(["n1", "n2", "n3"]) }),
    },
  };
}

function publishOf(random: Random): Act {
  return {
    do: "publish",
    topic: random.pick(TOPICS),
    bytes: random.chance(0.1) ? 3_000 : 10,
    options: {
      ...(random.chance(0.7) && { acknowledge: true }),
      ...(random.chance(0.15) && { exclude_me: false }),
      ...(random.chance(0.1) && { disclose_me: true }),
      ...(random.chance(0.1) && { exclude_authid: [`c${random.below(6)}`] }),
      ...(random.chance(0.1) && { eligible_authid: [0, 1, 2, 3].map((index) => `c${index}`) }),
      ...(random.chance(0.1) && { rkey: random.pick(["r1", "r2", "r3"]) }),
    },
  };
}

const ANSWERS = { result: 76, error: 8, unavailable: 8, never: 8 } as const;

function callOf(random: Random): Act {
  const kind = random.weighted(ANSWERS);
  const progress = random.chance(0.2) ? random.between(1, 5) : 0;
  const parts = random.chance(0.12) ? random.between(1, 4) : 0;
  const timeout = kind === "never" || random.chance(0.2) ? random.between(200, 4_000) : 0;
  const isSharded = random.chance(0.05);
  return {
    do: "call",
    procedure: random.pick(PROCEDURES),
    bytes: random.chance(0.15) ? 3_000 : 10,
    partsMs: Array.from({ length: parts }, () => random.below(400)),
    answer: {
      kind,
      progress,
      afterMs: random.chance(0.7) ? random.below(30) : random.below(3_000),
      bytes: random.chance(0.15) ? 3_000 : 10,
    },
    options: {
      ...(timeout > 0 && { timeout }),
      ...((progress > 0 || random.chance(0.1)) && { receive_progress: true }),
      ...(random.chance(0.1) && { disclose_me: true }),
      ...(random.chance(0.1) && { _idempotent: true }),
      ...(isSharded && { runmode: "partition", rkey: random.pick(["k1", "k2", "k3"]) }),
    },
  };
}

function faultOf(random: Random, nodes: number): Fault {
  const node = random.below(nodes);
  const kind = random.weighted(FAULTS);
  switch (kind) {
    case "freeze":
    case "cut":
      return { do: kind, node, ms: random.chance(0.5) ? random.between(8_000, 13_000) : random.between(200, 5_000) };
    case "wipe":
      return { do: kind, ms: 0 };
    case "kill":
    case "shutDown":
      return { do: kind, node, ms: random.between(500, 10_000), isStartedAgain: random.chance(0.6) };
    case "cutPair":
      return { do: kind, node, to: (node + 1 + random.below(nodes - 1)) % nodes, ms: random.between(300, 9_000) };
    case "slow":
      return { do: kind, node, extraMs: random.between(5, 400), ms: random.between(500, 5_000) };
    case "lose":
      return { do: kind, rate: random.between(1, 20) / 100, ms: random.between(1_000, 6_000) };
    case "loseAnswers":
    case "loseRequests":
      return { do: kind, rate: random.between(10, 60) / 100, ms: random.between(1_000, 6_000) };
  }
}
