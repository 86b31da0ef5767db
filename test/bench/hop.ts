/** A round trip over NATS without routers, which a call to another router is compared with. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect } from "@nats-io/transport-node";
import { pin } from "./servers.js";
import { told } from "./told.js";

export interface Hop {
  /** Makes so many round trips, one after the other. Resolves with the time of each in milliseconds. */
  run(count: number): Promise<readonly number[]>;
  stop(): void;
}

/**
 * Between two processes that are placed as the routers are. One is asked over a socket, as a router is, so there are pauses between the
 * round trips. The time on that socket is not counted.
 */
export async function startHop(servers: string): Promise<Hop> {
  const start = async (role: "ask" | "answer", here: string, there: string) => {
    const args = [role, servers, here, there];
    const child = fork(new URL("hop-process.ts", import.meta.url), args, { execArgv: ["--import", "tsx"] });
    pin(child.pid);
    return { child, port: await told<number>(child) };
  };
  const answering = await start("answer", "bench.hop.ask", "bench.hop.answer");
  const asking = await start("ask", "bench.hop.answer", "bench.hop.ask");
  const socket = connectTcp({ port: asking.port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return {
    async run(count) {
      const times: number[] = [];
      while (times.length < count) {
        socket.write(REQUEST);
        times.push(Number(await once(socket, "data")));
      }
      return times;
    },
    stop() {
      socket.destroy();
      for (const { child } of [answering, asking]) child.disconnect(); // whereupon it exits
    },
  };
}

/** As long as a small CALL. */
const REQUEST = new Uint8Array(38);

/** Within this process, which shares its CPU with NATS, and without pauses. */
export async function startHopWithin(servers: string): Promise<Hop> {
  const [asking, answering] = await Promise.all([connect({ servers }), connect({ servers })]);
  answering.subscribe("bench.hop.within", { callback: (_, message) => void message.respond(message.data) });
  return {
    async run(count) {
      const times: number[] = [];
      while (times.length < count) {
        const begun = performance.now();
        await asking.request("bench.hop.within", "0123456789abcdef");
        times.push(performance.now() - begun);
      }
      return times;
    },
    stop: () => void Promise.all([asking.close(), answering.close()]),
  };
}
