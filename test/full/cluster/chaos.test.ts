/**
 * Routers in processes of their own on real NATS servers, whose processes are killed and stopped and whose lines are cut, held and slowed. `CHAOS_SECONDS`
 * says how long, 60 by default, `CHAOS_SEED` which way it goes, and `CHAOS_ONLY` a part of the names of what is done to them.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect as connectNats } from "@nats-io/transport-node";
import { expect } from "vitest";
import { createRandom, pick } from "../../support/mutate.js";
import { type NatsServer, startNats, startNatsCluster } from "../../support/nats.js";
import { startProxy } from "../../support/proxy.js";
import { withNats } from "../../support/with-nats.js";
import { DISTURBANCES, type Disturbance } from "./disturbances.js";
import { until, World } from "./world.js";

const SECONDS = Number(process.env.CHAOS_SECONDS ?? 60);
const SEED = Number(process.env.CHAOS_SEED ?? 1);
const CHOSEN = DISTURBANCES.filter(({ name }) => name.includes(process.env.CHAOS_ONLY ?? ""));

withNats(
  "three routers on one NATS, whatever is done to them: calls settle once, order holds, nothing acknowledged is lost",
  { timeout: SECONDS * 1_000 + 240_000 },
  async (t) => {
    const random = createRandom(SEED);
    const nats = await startNats(t);
    const lines = await Promise.all([1, 2, 3].map(() => startProxy(t, `ws://127.0.0.1:${nats.port}/`)));
    const world = await World.start(
      t,
      lines.map(({ url }) => url.replace("ws:", "nats:")),
      { random },
    );
    const { routers } = world;
    const deadline = performance.now() + SECONDS * 1_000;
    for (let number = 0; performance.now() < deadline; number++) {
      const disturbance = CHOSEN[number % CHOSEN.length] as Disturbance;
      const victim = Math.floor(random() * routers.length);
      const round = `seed ${SEED}, round ${number}, ${disturbance.name}, r${victim + 1}`;
      await disturbed(world, { disturbance, round, run: () => disturbance.run({ routers, lines, nats }, victim) });
    }
  },
);

withNats(
  "three routers on three NATS servers, of which one is killed or stopped: nobody is expelled, and every call is answered",
  { timeout: SECONDS * 1_000 + 240_000 },
  async (t) => {
    const random = createRandom(SEED);
    const servers = await startNatsCluster(t);
    const urls = servers.map(({ url }) => url).join(",");
    await leaderOf(urls); // it takes them a while to elect one
    const world = await World.start(t, [urls, urls, urls], { random, replicas: 3 });
    const deadline = performance.now() + SECONDS * 500;
    for (let number = 0; performance.now() < deadline; number++) {
      const leader = await leaderOf(urls, DIRECTORY);
      const isLeader = number % 2 === 0;
      const others = servers.filter((_, index) => `n${index + 1}` !== leader);
      const victim = isLeader ? (servers[Number(leader.slice(1)) - 1] as NatsServer) : pick(random, others);
      const isKilled = number % 4 < 2;
      const run = async () => {
        if (isKilled) await victim.kill();
        else victim.signal("SIGSTOP");
        await sleep(3_000);
        if (isKilled) await victim.start();
        else victim.signal("SIGCONT");
      };
      const what = `${isKilled ? "kill -9" : "SIGSTOP"} of ${isLeader ? "the leader" : "a follower"} of NATS`;
      await disturbed(world, {
        disturbance: { isHarmless: isKilled, expelsNobody: true },
        round: `seed ${SEED}, round ${number}, ${what}`,
        run,
      });
    }
  },
);

const DIRECTORY = "KV_wampact_wampact";

/** The name of the server that leads a stream, or all of JetStream, once there is one. */
async function leaderOf(urls: string, stream?: string): Promise<string> {
  const connection = await connectNats({ servers: urls.split(","), timeout: 20_000 });
  let leader: string | undefined;
  try {
    await until(async () => {
      try {
        const manager = await jetstreamManager(connection);
        if (stream === undefined) await manager.getAccountInfo();
        leader = stream === undefined ? "any" : (await manager.streams.info(stream)).cluster?.leader;
        return Boolean(leader);
      } catch {
        return false; // it is being elected
      }
    });
  } finally {
    await connection.close();
  }
  return leader ?? "n1";
}

interface Round {
  readonly disturbance: Pick<Disturbance, "isHarmless" | "expelsNobody">;
  readonly round: string;
  run(): Promise<void>;
}

/** Disturbs under load, and checks what must hold once all is well again. */
async function disturbed(world: World, { disturbance, round, run }: Round): Promise<void> {
  const before = await world.healed();
  world.begin();
  world.isLoaded = true;
  await sleep(300);
  const begun = performance.now();
  await run();
  const undone = performance.now();
  await world.healed();
  const healed = performance.now();
  await sleep(300);
  world.isLoaded = false;
  expect(await world.quiet(), `${round}: all that was asked for settles`).toBe(true);
  const after = await world.healed();
  const { history } = world;
  const stood = (router: string) => before.get(router) === after.get(router);
  await until(async () => history.missing(stood).length === 0);
  expect(history.missing(stood).slice(0, 10), `${round}: acknowledged events`).toEqual([]);
  expect(history.faults().slice(0, 10), round).toEqual([]);
  expect(await world.lostRegistrations(), `${round}: registrations`).toEqual([]);
  expect(await world.differences(), `${round}: tables`).toEqual([]);
  if (disturbance.expelsNobody) expect([...after], `${round}: no living router is expelled`).toEqual([...before]);
  if (disturbance.isHarmless) expect(history.failures.slice(0, 10), `${round}: every call is answered`).toEqual([]);
  const { calls, publications, failures, revoked } = history;
  console.log(
    `${round}: ${Math.round(undone - begun)} ms, healed ${Math.round(healed - undone)} ms later; ${calls.length} calls, ${failures.length} refused, ${publications.length} events, ${revoked.length} revoked`,
  );
}
