/** A router that does not reach NATS for longer than its lease: what its clients and its operators see. */
import { expect, type TestContext } from "vitest";
import { natsCluster } from "wampact/nats";
import { startAdmin } from "wampact/operations";
import { createRouter } from "wampact/router";
import { startNats } from "../support/nats.js";
import { connectPeer, failureOf, watchStates } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import { withNats } from "../support/with-nats.js";

async function startRouter(t: TestContext, servers: string, isolated: "serve" | "close") {
  const router = createRouter({
    realms: [{ name: REALM }],
    cluster: natsCluster({ servers, node: "a", leaseMs: 1_500, isolated }),
    onError: () => {},
  });
  const admin = await startAdmin({ router });
  t.onTestFinished(async () => {
    await router.close({ drainMs: 0 });
    await admin.close();
  });
  const ready = async () => {
    const response = await fetch(`${admin.url}/readyz`);
    return [response.status, await response.text()];
  };
  return { router, ready };
}

const isOf = (state: string) => ({ timeout: 60_000, interval: 50, message: `the router is ${state}` });

withNats(
  "serve: local calls go on and it stays ready; REGISTER is refused, and taken again when NATS is back",
  async (t) => {
    const nats = await startNats(t);
    const { router, ready } = await startRouter(t, nats.url, "serve");
    expect(router.status().cluster).toMatchObject({ node: "a", state: "joining", incarnation: 0 });
    expect(await ready()).toEqual([503, "joining the cluster\n"]);
    const { url } = await router.listen({ port: 0 });
    const peer = await connectPeer(t, { url });
    await peer.register("com.app.echo", ({ args }) => args[0]);
    await nats.kill();
    await expect.poll(() => router.status().cluster?.state, isOf("isolated")).toBe("isolated");
    expect((await peer.call("com.app.echo", [1])).args).toEqual([1]);
    expect(String(await failureOf(peer.register("com.app.other", () => 1)))).toContain("cut off from the others");
    expect(await ready()).toEqual([200, "ready\n"]);
    await nats.start();
    await expect.poll(() => router.status().cluster?.state, isOf("back")).toBe("joined");
    await peer.register("com.app.other", () => 2);
    expect((await peer.call("com.app.other", [])).args).toEqual([2]);
  },
);

withNats("close: its clients are ended and it takes none, until NATS is back", async (t) => {
  const nats = await startNats(t);
  const { router, ready } = await startRouter(t, nats.url, "close");
  const { url } = await router.listen({ port: 0 });
  const peer = await connectPeer(t, { url, onError: () => {} });
  await peer.register("com.app.echo", ({ args }) => args[0]);
  const { until } = watchStates(peer);
  await nats.kill();
  await until("waiting");
  expect(await ready()).toEqual([503, "disconnected from the cluster\n"]);
  expect(router.stats(REALM).sessions).toBe(0);
  await nats.start();
  await until("ready");
  expect(await ready()).toEqual([200, "ready\n"]);
  expect((await peer.call("com.app.echo", [1])).args).toEqual([1]);
});
