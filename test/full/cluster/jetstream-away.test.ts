/** NATS carries messages, and its JetStream does not answer: it was started without it, or most of its servers are down. */
import { expect } from "vitest";
import { natsCluster } from "wampact/nats";
import { createRouter } from "wampact/router";
import { startNats } from "../../support/nats.js";
import { connectPeer, failureOf } from "../../support/peers.js";
import { withNats } from "../../support/with-nats.js";

withNats(
  "without JetStream, calls go on, what needs the directory fails in words within 15 s, and all is well when it is back",
  { timeout: 120_000 },
  async (t) => {
    const nats = await startNats(t);
    const faults: string[] = [];
    const [callees, callers] = await Promise.all(
      ["a", "b"].map(async (node) => {
        const router = createRouter({
          realms: [{ name: "com.app" }],
          cluster: natsCluster({ servers: nats.url, node }),
          onError: (error) => void faults.push(String(error)),
        });
        t.onTestFinished(() => router.close({ drainMs: 0 }));
        const { url } = await router.listen({ port: 0 });
        return { router, peer: await connectPeer(t, { url, realm: "com.app" }) };
      }),
    );
    if (!callees || !callers) return expect.unreachable();
    const registration = await callees.peer.register("com.app.ended", () => 1);
    await callees.peer.register("com.app.echo", ({ args }) => args[0]);
    await nats.kill();
    const bare = await startNats(t, [], { port: nats.port });
    expect((await callers.peer.call("com.app.echo", [1])).args).toEqual([1]);
    await callers.peer.subscribe("com.app.told", () => {});
    const outcomes = Promise.all([
      failureOf(callees.peer.register("com.app.new", () => 1)),
      failureOf(callers.router.expel("a")),
      registration.unregister(),
    ]);
    const before = process.cpuUsage();
    const [refused, notExpelled] = await outcomes;
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6, "seconds of CPU that were spent on waiting for 10 s").toBeLessThan(5);
    expect(refused).toMatchObject({
      uri: "wamp.error.unavailable",
      args: ["the directory of the cluster does not answer, so nothing can be registered"],
    });
    expect(String(notExpelled)).toContain("the directory has not confirmed a write of node.a in time");
    await expect.poll(() => new Set(faults).size, { timeout: 20_000 }).toBe(1);
    expect(faults).toHaveLength(2);
    expect(faults[0]).toMatch(/JetStream of NATS at \S+ has not answered for 10 s/);
    await bare.kill();
    await nats.start();
    await callers.peer.register("com.app.ended", () => 2, { timeoutMs: 20_000 }).catch(() => {});
    await expect
      .poll(() => callees.peer.call("com.app.ended", []).then(({ args }) => args, String), { timeout: 30_000 })
      .toEqual([2]);
    expect(callers.router.status().cluster).toMatchObject({ state: "joined", incarnation: 1 });
  },
);
