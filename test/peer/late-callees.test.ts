/** A caller that is back before its callee: for a moment, there is nobody to call. */
import { expect, type TestContext, test } from "vitest";
import { createClient, procedure } from "wampact";
import { createFakeClock } from "wampact/testing";
import * as z from "zod";
import { type FakeConnection, startFakeRouter } from "../support/fake-router.js";
import { connectPeer, failureOf, watchStates } from "../support/peers.js";

const contract = {
  fetch: procedure("com.example.fetch", { output: z.int(), idempotent: true }),
  buy: procedure("com.example.buy", { output: z.int() }),
};
const MISSING = "wamp.error.no_such_procedure";

/** A client on its first connection; `loseIt` gives the next one. */
async function start(t: TestContext) {
  const clock = createFakeClock();
  const server = await startFakeRouter(t);
  const connecting = connectPeer(t, { url: server.url, clock, onError: () => {}, reconnect: { minMs: 1 } });
  let router = await server.accept();
  await router.welcome(1);
  const peer = await connecting;
  const loseIt = async (meanwhile: () => void = () => {}): Promise<FakeConnection> => {
    const watch = watchStates(peer);
    router.cut();
    await watch.until("waiting");
    meanwhile();
    await clock.advance(10);
    router = await server.accept();
    await router.welcome(2);
    await watch.until("ready");
    return router;
  };
  /** The error of a call, while the clock advances. */
  const failing = async (call: PromiseLike<unknown>, stepMs: number) => {
    let error: unknown;
    void failureOf(call).then((failure) => {
      error = failure;
    });
    await expect.poll(() => clock.advance(stepMs).then(() => error)).toBeDefined();
    return error;
  };
  return { clock, router, peer, client: createClient(peer, contract), loseIt, failing };
}

async function refuse(router: FakeConnection): Promise<void> {
  const [request] = await router.receive("CALL");
  router.send("ERROR", 48, request, {}, MISSING);
}

/** Refuses all calls to come, and counts them. */
function refuseAll(router: FakeConnection) {
  const refused = { count: 0 };
  const go = (): Promise<void> =>
    refuse(router).then(() => {
      refused.count++;
      return go();
    });
  void go();
  return refused;
}

test("a call that is sent again, one that waited and a new one of an idempotent procedure are made until their callee is there", async (t) => {
  const { clock, router: first, client, loseIt } = await start(t);
  const calls: PromiseLike<number>[] = [client.fetch()];
  await first.receive("CALL");
  const router = await loseIt(() => calls.push(client.fetch(), client.buy({ offline: "wait" })));
  calls.push(client.fetch());
  for (let call = 0; call < 4; call++) await refuse(router);
  const again = { count: 0 };
  const answerAll = async () => {
    for (let call = 0; call < 4; call++) {
      const [request] = await router.receive("CALL");
      router.send("RESULT", request, {}, [call]);
      again.count++;
    }
  };
  void answerAll();
  await expect.poll(() => clock.advance(50).then(() => again.count)).toBe(4);
  expect((await Promise.all(calls)).toSorted()).toEqual([0, 1, 2, 3]);
});

test("a procedure that nobody offers is known to be missing 5 s after the return", async (t) => {
  const { client, loseIt, failing } = await start(t);
  const refused = refuseAll(await loseIt());
  expect(await failing(client.fetch(), 400)).toMatchObject({ uri: MISSING });
  expect(refused.count).toBeGreaterThan(1);
  expect(refused.count).toBeLessThan(15);
});

test("a call that is not idempotent, and one of a peer that has not been away, fail at once", async (t) => {
  const { router: first, client, loseIt } = await start(t);
  const fetched = client.fetch().safe();
  await refuse(first);
  expect(await fetched).toMatchObject({ error: { code: "noSuchProcedure" } });
  const router = await loseIt();
  const bought = client.buy().safe();
  await refuse(router);
  expect(await bought).toMatchObject({ error: { code: "noSuchProcedure" } });
});

test("a call that waits for its callee keeps to its time limit, and ends when it is canceled or the peer is closed", async (t) => {
  const { peer, client, loseIt, failing } = await start(t);
  const router = await loseIt();
  const [limited, canceled, closed] = [client.fetch({ timeoutMs: 45 }), client.fetch(), client.fetch()];
  for (let call = 0; call < 3; call++) await refuse(router);
  expect(await failing(limited, 5)).toMatchObject({ uri: MISSING });
  canceled.cancel();
  expect(await failureOf(canceled)).toMatchObject({ uri: "wamp.error.canceled" });
  await peer.close({ drainMs: 0 });
  expect(await failing(closed, 100)).toMatchObject({ uri: MISSING });
});
