/** The disturbances of the routers, of NATS and of the connections between them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterRouter } from "../../support/cluster-process.js";
import type { NatsServer } from "../../support/nats.js";
import type { Proxy as Line } from "../../support/proxy.js";

/** The cluster that is disturbed; `lines[i]` is between `routers[i]` and NATS. */
export interface Disturbed {
  readonly routers: readonly ClusterRouter[];
  readonly lines: readonly Line[];
  readonly nats: NatsServer;
}

export interface Disturbance {
  readonly name: string;
  /** Whether every call is answered. */
  readonly isHarmless: boolean;
  /** Whether no router is expelled. */
  readonly expelsNobody: boolean;
  run(cluster: Disturbed, victim: number): Promise<void>;
}

/** Beyond the lease, and far below it, in milliseconds. */
const LONG_MS = 6_500;
const SHORT_MS = 700;

function held(name: string, ms: number, hold: (line: Line) => void): Disturbance {
  return {
    name: `${name} for ${ms} ms`,
    isHarmless: ms === SHORT_MS,
    expelsNobody: ms === SHORT_MS,
    async run({ lines }, victim) {
      const line = lines[victim] as Line;
      hold(line);
      await sleep(ms);
      line.slow(0);
      line.release();
      line.cut(); // what was held for long comes from a connection that NATS has given up
    },
  };
}

function stopped(ms: number, what: "router" | "NATS"): Disturbance {
  return {
    name: `SIGSTOP of ${what} for ${ms} ms`,
    isHarmless: ms === SHORT_MS,
    expelsNobody: ms === SHORT_MS,
    async run({ routers, nats }, victim) {
      if (what === "NATS") nats.signal("SIGSTOP");
      else routers[victim]?.freeze(true);
      await sleep(ms);
      if (what === "NATS") nats.signal("SIGCONT");
      else routers[victim]?.freeze(false);
    },
  };
}

function natsKilled(awayMs: number): Disturbance {
  return {
    name: `kill -9 of NATS, away for ${awayMs} ms`,
    isHarmless: awayMs === SHORT_MS,
    expelsNobody: true,
    async run({ nats }) {
      await nats.kill();
      await sleep(awayMs);
      await nats.start();
    },
  };
}

function routerKilled(awayMs: number): Disturbance {
  return {
    name: `kill -9 of a router, away for ${awayMs} ms`,
    isHarmless: false,
    expelsNobody: false,
    async run({ routers }, victim) {
      const router = routers[victim] as ClusterRouter;
      await router.kill();
      await sleep(awayMs);
      await router.start();
    },
  };
}

const cut: Disturbance = {
  name: "a line cut three times",
  isHarmless: true,
  expelsNobody: true,
  async run({ lines }, victim) {
    for (let round = 0; round < 3; round++) {
      lines[victim]?.cut();
      await sleep(200);
    }
  },
};

const slowed: Disturbance = {
  name: "a line slowed",
  isHarmless: true,
  expelsNobody: true,
  async run({ lines }, victim) {
    lines[victim]?.slow(100);
    await sleep(2_000);
    lines[victim]?.slow(0);
  },
};

export const DISTURBANCES: readonly Disturbance[] = [
  routerKilled(0),
  natsKilled(SHORT_MS),
  stopped(SHORT_MS, "router"),
  stopped(LONG_MS, "router"),
  held("a line held both ways", LONG_MS, (line) => line.hold()),
  held("a line held to NATS", LONG_MS, (line) => line.hold("up")),
  held("a line held from NATS", LONG_MS, (line) => line.hold("down")),
  cut,
  slowed,
  stopped(SHORT_MS, "NATS"),
  held("a line held both ways", SHORT_MS, (line) => line.hold()),
  routerKilled(5_000),
  natsKilled(LONG_MS),
  stopped(LONG_MS, "NATS"),
];
