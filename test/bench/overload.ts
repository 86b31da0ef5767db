/** A router given twice what it can do: whether every call is answered, what it holds meanwhile, and what a slow subscriber costs. */
import { setTimeout as sleep } from "node:timers/promises";
import { json } from "../../src/wire/serializers/json.js";
import { BareClient } from "./load.js";
import { answerCalls, calls, fanout } from "./scenarios.js";
import { startServer } from "./servers.js";

export interface Overload {
  /** Calls per second: what the router does when asked for no more than it can, what it was offered, what it took. */
  readonly sustained: number;
  readonly offered: number;
  readonly taken: number;
  readonly calls: number;
  /** Calls that were sent and had neither RESULT nor ERROR when all was quiet again. */
  readonly lost: number;
  /** Megabytes of resident memory before, and the most there were. */
  readonly before: number;
  readonly most: number;
}

const serializer = json();
const CALLERS = 16;
/** Unsent bytes beyond which a caller holds back, as one that heeds `drain` would. */
const HELD_BACK = 1024 * 1024;

export async function overload(durationMs: number): Promise<Overload> {
  const server = await startServer("router");
  const load = await calls({ inFlight: 256, connections: CALLERS, bytes: 16, serializer: "json" }).onRouter(server.url);
  await load.run(1_000);
  const sustained = await load.run(1_000);
  load.close();

  const callee = await answerCalls(server.url, { serializer, argument: "x".repeat(16) });
  const callers = await Promise.all(Array.from({ length: CALLERS }, () => BareClient.join(server.url, serializer)));
  const call = (callers[0] as BareClient).template([48, {}, "com.bench.echo", ["x".repeat(16)]]);
  const before = (await server.resident()) / 1e6;
  let most = before;
  let answered = 0;
  for (const caller of callers) {
    caller.onFrames((count) => {
      answered += count;
    });
  }
  const look = setInterval(async () => {
    most = Math.max(most, (await server.resident()) / 1e6);
  }, 250);
  let offered = 0;
  let sent = 0;
  const start = performance.now();
  while (performance.now() - start < durationMs) {
    const due = Math.floor(((performance.now() - start) / 1_000) * sustained * 2);
    const each = Math.ceil((due - offered) / CALLERS);
    if (each > 0) offered += each * CALLERS;
    for (const caller of callers) {
      if (each <= 0 || caller.socket.destroyed || caller.socket.writableLength > HELD_BACK) continue;
      call.send(
        caller.socket,
        Array.from({ length: each }, (_, index) => call.id(sent + index + 1)),
      );
      sent += each;
    }
    await sleep(5);
  }
  const seconds = (performance.now() - start) / 1_000;
  for (let quiet = 0, last = -1; quiet < 10 && answered < sent; last = answered) {
    await sleep(100);
    quiet = answered === last ? quiet + 1 : 0;
  }
  clearInterval(look);
  for (const client of [callee, ...callers]) client.close();
  server.stop();
  const lost = sent - answered;
  return { sustained, offered: offered / seconds, taken: answered / seconds, calls: sent, lost, before, most };
}

/** CPU of the router per event in microseconds, without and with one subscriber more that never reads. */
export async function slowSubscriber(options: {
  readonly rounds: number;
  readonly roundMs: number;
}): Promise<{ readonly without: readonly number[]; readonly with: readonly number[] }> {
  const figures: [number[], number[]] = [[], []];
  const server = await startServer("router", { listen: { maxUnsentBytes: 4 * 1024 * 1024 } });
  const load = await fanout({ subscribers: 100, outstanding: 4, bytes: 100 }).onRouter(server.url);
  try {
    await load.run(options.roundMs);
    for (let count = 0; count < options.rounds; count++) {
      for (const side of [0, 1] as const) {
        const slow = side === 1 ? await BareClient.join(server.url, serializer) : undefined;
        await slow?.ask([32, 1, {}, "com.bench.topic"]);
        slow?.socket.pause();
        const before = await server.cpu();
        const events = await load.run(options.roundMs);
        figures[side].push(((await server.cpu()) - before) / events);
        slow?.close();
      }
    }
  } finally {
    load.close();
    server.stop();
  }
  return { without: figures[0], with: figures[1] };
}
