/** Our peer on a router of others, which is lost, frozen, and comes back. */
import { expect, type TestContext, test } from "vitest";
import { createClient, procedure, serve, topic } from "wampact";
import * as z from "zod";
import { CROSSBAR, startCrossbar } from "../support/crossbar.js";
import { onPath } from "../support/on-path.js";
import { connectPeer, createGate, failureOf, Inbox, watchStates } from "../support/peers.js";

if (!CROSSBAR) {
  const why = onPath("python3") ? "Crossbar.io is not installed, or does not run" : "There is no Python";
  console.log(`${why}: the tests against it are skipped. CROSSBAR may name the program.`);
}
const onCrossbar = test.skipIf(!CROSSBAR);

const contract = {
  read: procedure("com.example.read", { input: z.object({ n: z.int() }), output: z.int(), idempotent: true }),
  work: procedure("com.example.work", { input: z.object({ n: z.int() }), output: z.int() }),
  news: topic("com.example.news", { event: z.object({ n: z.int() }) }),
};

/** A callee and subscriber, and a caller and publisher. The first call of each procedure is not answered. */
async function start(t: TestContext) {
  const router = await startCrossbar(t);
  const options = { url: router.url, pingIntervalMs: 1_000, connectTimeoutMs: 2_000, onError: () => {} };
  const [callee, caller] = [await connectPeer(t, options), await connectPeer(t, options)];
  const started = { read: createGate(), work: createGate() };
  const handler = (which: "read" | "work") => {
    let first = true;
    return ({ n }: { n: number }): number | Promise<number> => {
      if (!first) return n;
      first = false;
      started[which].open();
      return new Promise(() => {});
    };
  };
  const events = new Inbox<number>();
  await serve(callee, contract, { read: handler("read"), work: handler("work") });
  await createClient(callee, contract).news.subscribe(({ data }) => events.push(data.n));
  const client = createClient(caller, contract);
  const calls = { read: client.read({ n: 1 }), work: client.work({ n: 2 }) };
  await Promise.all([started.read.promise, started.work.promise]);
  return { router, callee, caller, client, calls, events };
}

onCrossbar.for(["SIGKILL", "SIGTERM"] as const)("all comes back after Crossbar.io was ended by %s", async (how, t) => {
  const { router, callee, caller, client, calls, events } = await start(t);
  const watches = [watchStates(callee), watchStates(caller)];
  const work = failureOf(calls.work);
  await router.stop(how);
  await Promise.all(watches.map((watch) => watch.until("waiting")));
  const published = client.news.publish({ n: 3 }, { acknowledge: true, offline: "wait" });
  const waiting = client.work({ n: 4 }, { offline: "wait" });
  await router.start();
  await Promise.all(watches.map((watch) => watch.until("ready")));
  expect(await calls.read).toBe(1);
  expect(await waiting).toBe(4);
  expect((await work) as { uri: string }).toMatchObject({ uri: expect.stringMatching(/disconnected|canceled/) });
  await published;
  await expect.poll(() => client.news.publish({ n: 5 }).then(() => events.values)).toContain(5);
});

onCrossbar("Crossbar.io that is frozen is given up, and met again when it goes on", async (t) => {
  const { router, callee, caller, client, calls } = await start(t);
  const watches = [watchStates(callee), watchStates(caller)];
  router.signal("SIGSTOP");
  expect(await failureOf(calls.work)).toMatchObject({ uri: "wampact.error.disconnected" });
  await Promise.all(watches.map((watch) => watch.until("waiting")));
  router.signal("SIGCONT");
  await Promise.all(watches.map((watch) => watch.until("ready")));
  expect(await calls.read).toBe(1);
  expect(await client.work({ n: 6 })).toBe(6);
});
