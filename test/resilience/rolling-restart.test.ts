/** Restarts in order, while calls go on. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, type TestContext, test } from "vitest";
import { createClient, procedure, serve } from "wampact";
import type { Peer } from "wampact/peer";
import * as z from "zod";
import { connectPeer, startServer } from "../support/peers.js";
import { startRouterProcess } from "../support/router-process.js";

const contract = {
  work: procedure("com.example.work", { input: z.object({ n: z.int() }), output: z.int(), invoke: "roundrobin" }),
  read: procedure("com.example.read", { input: z.object({ n: z.int() }), output: z.int(), idempotent: true }),
};

async function startService(t: TestContext, url: string): Promise<Peer> {
  const peer = await connectPeer(t, { url, reconnect: { minMs: 10 }, onError: () => {} });
  const answer = async ({ n }: { n: number }) => {
    await sleep(n % 5);
    return n;
  };
  await serve(peer, contract, { work: answer, read: answer }, { invoke: "roundrobin" });
  return peer;
}

/** A call of a client that never rejects. */
type SafeCall = (
  n: number,
) => Promise<{ readonly ok: true } | { readonly ok: false; readonly error: { readonly code: string } }>;

/** Calls without a pause, eight at a time, until it is told to stop: then it gives the codes of those that failed. */
function startLoad(call: SafeCall) {
  let stopped = false;
  let count = 0;
  const failed: string[] = [];
  const worker = async () => {
    while (!stopped) {
      const outcome = await call(count++);
      if (!outcome.ok) failed.push(outcome.error.code);
    }
  };
  const workers = Array.from({ length: 8 }, worker);
  return {
    get count() {
      return count;
    },
    async stop() {
      stopped = true;
      await Promise.all(workers);
      return failed;
    },
  };
}

test("two services are restarted one after the other, and no call is lost", async (t) => {
  const { url } = await startServer(t);
  let services = [await startService(t, url), await startService(t, url)];
  const client = createClient(await connectPeer(t, { url }), contract);
  const load = startLoad((n) => client.work({ n }).safe());
  for (let round = 0; round < 6; round++) {
    const [oldest, ...others] = services;
    await oldest?.close();
    services = [...others, await startService(t, url)];
    const before = load.count;
    await expect.poll(() => load.count).toBeGreaterThan(before + 50);
  }
  expect(await load.stop()).toEqual([]);
});

test.for(["close", "kill"] as const)("a router is restarted by %s, and no idempotent call is lost", async (how, t) => {
  const router = await startRouterProcess(t);
  await startService(t, router.url);
  await startService(t, router.url);
  const peer = await connectPeer(t, { url: router.url, reconnect: { minMs: 10 }, onError: () => {} });
  const client = createClient(peer, contract);
  const load = startLoad((n) => client.read({ n }).safe());
  await expect.poll(() => load.count).toBeGreaterThan(100);
  await (how === "kill" ? router.kill() : router.close(1_000));
  await router.restart();
  await expect.poll(() => peer.state).toBe("ready");
  const before = load.count;
  await expect.poll(() => load.count).toBeGreaterThan(before + 50);
  expect(await load.stop()).toEqual([]); // though its callees may be back after their caller
});
