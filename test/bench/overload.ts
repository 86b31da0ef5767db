/** A router given twice what it can do: whether every call is answered, what it holds meanwhile, and what a slow subscriber costs. */
import { json } from "../../src/wire/serializers/json.js";
import { clientFrame } from "./frames.js";
import { BareClient } from "./load.js";
import { answerCalls, calls, fanout } from "./scenarios.js";
import { startServer } from "./servers.js";

export interface Overload {
  /** Calls per second: what the router did when it was asked for no more, and what it was then sent. */
  readonly sustained: number;
  readonly sent: number;
  readonly calls: number;
  /** Calls without RESULT or ERROR when all was quiet again. */
  readonly lost: number;
  /** Megabytes of resident memory before, and the most there were. */
  readonly before: number;
  readonly most: number;
}

const serializer = json();
const CALLERS = 16;

export async function overload(durationMs: number): Promise<Overload> {
  const server = await startServer("router");
  const load = await calls({ inFlight: 256, connections: CALLERS, bytes: 16, serializer: "json" }).onRouter(server.url);
  await load.run(500);
  const sustained = await load.run(1_000);
  load.close();

  const callee = await answerCalls(server.url, serializer, "x".repeat(16));
  const callers = await Promise.all(Array.from({ length: CALLERS }, () => BareClient.join(server.url, serializer)));
  const before = (await server.memory()).rss / 1e6;
  let most = before;
  let answered = 0;
  for (const caller of callers) {
    caller.onFrames((count) => {
      answered += count;
    });
  }
  let asked = 0;
  const start = performance.now();
  while (performance.now() - start < durationMs) {
    const due = Math.floor(((performance.now() - start) / 1_000) * sustained * 2);
    const each = Math.ceil((due - asked) / CALLERS);
    for (const caller of callers) {
      if (caller.socket.destroyed || each <= 0) continue;
      const first = asked / CALLERS;
      const frames = Array.from({ length: each }, (_, index) =>
        clientFrame(Buffer.from(`[48,${first + index + 1},{},"com.bench.echo",["xxxxxxxxxxxxxxxx"]]`), false),
      );
      caller.socket.write(Buffer.concat(frames));
    }
    if (each > 0) asked += each * CALLERS;
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (asked % 7 === 0) most = Math.max(most, (await server.memory()).rss / 1e6);
  }
  const took = (performance.now() - start) / 1_000;
  for (let quiet = 0, last = -1; quiet < 10 && answered < asked; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    most = Math.max(most, (await server.memory()).rss / 1e6);
    quiet = answered === last ? quiet + 1 : 0;
    last = answered;
  }
  for (const client of [callee, ...callers]) client.close();
  server.stop();
  return { sustained, sent: asked / took, calls: asked, lost: asked - answered, before, most };
}

/** CPU of the router per event in microseconds, without and with one subscriber more that never reads. */
export async function slowSubscriber(options: {
  readonly rounds: number;
  readonly roundMs: number;
}): Promise<{ readonly without: readonly number[]; readonly with: readonly number[] }> {
  const figures: [number[], number[]] = [[], []];
  const server = await startServer("router", { maxUnsentBytes: 4 * 1024 * 1024 });
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
