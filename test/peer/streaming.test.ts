/** Whoever streams goes as fast as what it sends can leave: memory holds a little of it, not all. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, type TestContext, test } from "vitest";
import { procedure, serve } from "wampact";
import type { Peer } from "wampact/peer";
import * as z from "zod";
import { type FakeConnection, startFakeRouter } from "../support/fake-router.js";
import { connectPeer, createGate } from "../support/peers.js";

const PIECE = "x".repeat(64 * 1024);
const PIECES = 1_500; // 98 MB, more than the buffers of the operating system hold
const ROLES = { broker: {}, dealer: { features: { call_canceling: true, progressive_call_invocations: true } } };
const contract = { film: procedure("com.example.film", { progress: z.string(), output: z.string() }) };

test("chunks are asked for as fast as they can be sent", async (t) => {
  const { peer, router } = await connected(t);
  let asked = 0;
  async function* pieces() {
    while (asked < PIECES) {
      asked++;
      yield { args: [PIECE] };
    }
  }
  router.pause();
  const call = peer.call("com.example.upload", [], {}, { chunks: pieces() });
  await expect.poll(() => stalled(() => asked)).toBe(true);
  expect(asked).toBeLessThan(PIECES);

  router.resume();
  for (let came = 0; came <= PIECES; came++) await router.receive("CALL"); // the first has no chunk
  router.send("RESULT", 1, {});
  await call;
  expect(asked).toBe(PIECES);
});

test("a generator is asked for progress as fast as it can be sent", async (t) => {
  const { peer, router } = await connected(t);
  const film = filmOf(PIECES);
  await served(peer, router, film.handler);
  router.pause();
  router.send("INVOCATION", 1, 1, { receive_progress: true });
  await expect.poll(() => stalled(() => film.yielded)).toBe(true);
  expect(film.yielded).toBeLessThan(PIECES);

  router.resume();
  for (let came = 0; came < PIECES; came++) expect((await router.receive("YIELD"))[1]).toEqual({ progress: true });
  expect(await router.receive("YIELD")).toEqual([1, {}, ["the end"]]);
});

test("a generator that waits to be sent ends with its connection", async (t) => {
  const { peer, router } = await connected(t);
  const film = filmOf(PIECES);
  await served(peer, router, film.handler);
  router.pause();
  router.send("INVOCATION", 1, 1, { receive_progress: true });
  await expect.poll(() => stalled(() => film.yielded)).toBe(true);
  router.cut();
  await film.ended;
  expect(film.yielded).toBeLessThan(PIECES);
});

/** A handler that yields, what it has yielded, and that it was left. */
function filmOf(pieces: number) {
  const gate = createGate();
  const film = {
    yielded: 0,
    ended: gate.promise,
    async *handler() {
      try {
        for (; film.yielded < pieces; film.yielded++) yield PIECE;
        return "the end";
      } finally {
        gate.open();
      }
    },
  };
  return film;
}

async function connected(t: TestContext): Promise<{ readonly peer: Peer; readonly router: FakeConnection }> {
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, reconnect: false });
  const router = await server.accept();
  await router.welcome(1, ROLES);
  return { peer: await connecting, router };
}

async function served(peer: Peer, router: FakeConnection, film: () => AsyncGenerator<string, string, void>) {
  const serving = serve(peer, contract, { film });
  const [request] = await router.receive("REGISTER");
  router.send("REGISTERED", request, 1);
  await serving;
}

/** Whether a figure has risen above 0 and stands still. */
async function stalled(figure: () => number): Promise<boolean> {
  const before = figure();
  await sleep(200);
  return before > 0 && figure() === before;
}
