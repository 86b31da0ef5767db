/** CPU of clients per message, as callers, callees and subscribers, against each other: a bare router is on this side. */
import { type ChildProcess, fork } from "node:child_process";
import { BareRouter } from "./bare-router.js";
import { cpuMicroseconds, median } from "./cpu.js";
import type { Goal } from "./goals.js";
import type { PeerKind } from "./peer-process.js";
import { type Figures, measureSides, type Rounds, type Side } from "./rounds.js";
import { pin } from "./servers.js";
import { told } from "./told.js";

/** One client measured against another. */
export interface ClientScenario {
  readonly name: string;
  readonly role: "caller" | "callee" | "subscriber";
  readonly client: PeerKind;
  readonly baseline: PeerKind;
  readonly goal?: Goal;
  /** Whether it is left out of the short half. */
  readonly long: boolean;
}

export const CLIENT_SCENARIOS: readonly ClientScenario[] = [
  beside("caller", "typed", "wampact", { goal: { id: "G9", ratio: 1.25 } }),
  beside("callee", "typed", "wampact", { goal: { id: "G9", ratio: 1.12 } }),
  beside("caller", "wampact", "autobahn", { goal: { id: "G8", ratio: 0.38 } }),
  beside("caller", "wampact", "minimal", { goal: { id: "G8", ratio: 1.3 } }),
  beside("caller", "wampact", "wampy"),
  beside("caller", "wampact", "plain", { goal: { id: "batches", ratio: 1 } }),
  beside("callee", "wampact", "plain", { goal: { id: "batches", ratio: 1 } }),
  beside("callee", "wampact", "autobahn", { goal: { id: "G8", ratio: 0.33 } }),
  beside("callee", "wampact", "minimal"),
  beside("callee", "wampact", "wampy"),
  beside("subscriber", "wampact", "autobahn", { goal: { id: "G8", ratio: 0.8 } }),
  beside("subscriber", "typed", "autobahn", { goal: { id: "G8", ratio: 0.9 } }),
  beside("subscriber", "wampact", "minimal"),
];

/** Only those without a goal are left out of the short half. */
function beside(
  role: ClientScenario["role"],
  client: PeerKind,
  baseline: PeerKind,
  { goal }: { readonly goal?: Goal } = {},
): ClientScenario {
  const names = { wampact: "the untyped one", plain: "one without batches", minimal: "a minimal one", typed: "" };
  const to = { autobahn: "autobahn", wampy: "wampy", ...names }[baseline];
  const name = `${client === "typed" ? "typed " : ""}${role}, to ${to}`;
  return { name, role, client, baseline, long: goal === undefined, ...(goal ? { goal } : {}) };
}

/** Medians in microseconds of CPU per message. */
export async function measureClients(
  role: ClientScenario["role"],
  kinds: readonly PeerKind[],
  rounds: Rounds,
): Promise<ReadonlyMap<PeerKind, number>> {
  const figures = await measureSides(
    kinds.map((kind) => () => startClient(kind, role)),
    rounds,
  );
  return new Map(kinds.map((kind, index) => [kind, median((figures[index] as Figures).cpu)]));
}

/** A client in a process of its own, which calls, or is called, for a while, and says how often. */
async function startClient(kind: PeerKind, role: ClientScenario["role"]): Promise<Side> {
  const router = await BareRouter.start();
  const peer = fork(new URL("peer-process.ts", import.meta.url), [kind, router.url], { execArgv: ["--import", "tsx"] });
  pin(peer.pid);
  await told(peer); // ready
  return {
    cpu: async () => cpuMicroseconds(peer.pid ?? 0) ?? Number.NaN,
    run: (ms: number) => RUNS[role](ms, router, peer),
    stop() {
      peer.kill();
      router.close();
    },
  };
}

/** Keeps a client busy for a while, and says how many messages there were. */
const RUNS: Readonly<
  Record<ClientScenario["role"], (ms: number, router: BareRouter, peer: ChildProcess) => Promise<number>>
> = {
  caller: (ms, _router, peer) => letCall(peer, ms),
  callee: (ms, router) => router.call(ms),
  subscriber: (ms, router) => router.publish(ms),
};

async function letCall(peer: ChildProcess, runMs: number): Promise<number> {
  peer.send({ runMs });
  return (await told<{ calls: number }>(peer)).calls;
}
