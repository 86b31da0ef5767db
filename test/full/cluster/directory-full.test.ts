/** NATS answers, and has no room for the directory of a cluster. */
import { jetstreamManager } from "@nats-io/jetstream";
import { connect as connectNats } from "@nats-io/transport-node";
import { expect } from "vitest";
import { natsCluster } from "wampact/nats";
import { createRouter } from "wampact/router";
import { startNats } from "../../support/nats.js";
import { connectPeer, failureOf } from "../../support/peers.js";
import { withNats } from "../../support/with-nats.js";

const BUCKET = "KV_wampact_wampact";

withNats(
  "with a full bucket REGISTER fails and says so, the rest goes on, and REGISTER works when there is room",
  { timeout: 60_000 },
  async (t) => {
    const nats = await startNats(t);
    const faults: string[] = [];
    const router = createRouter({
      realms: [{ name: "com.app" }],
      cluster: natsCluster({ servers: nats.url, node: "a" }),
      onError: (error) => void faults.push(String(error)),
    });
    t.onTestFinished(() => router.close({ drainMs: 0 }));
    const { url } = await router.listen({ port: 0 });
    const peer = await connectPeer(t, { url, realm: "com.app" });
    await peer.register("com.app.echo", ({ args }) => args[0]);
    const connection = await connectNats({ servers: nats.url });
    t.onTestFinished(() => connection.close());
    const { streams } = await jetstreamManager(connection);
    const { state } = await streams.info(BUCKET);
    await streams.update(BUCKET, { max_bytes: state.bytes + 10 });
    expect(await failureOf(peer.register("com.app.refused", () => 1))).toMatchObject({
      uri: "wamp.error.unavailable",
      args: [
        "the directory of the cluster cannot store the registration at the moment; the router has reported the reason",
      ],
    });
    expect(faults).toEqual(["Error: the directory of the cluster cannot be written: maximum bytes exceeded"]);
    expect((await peer.call("com.app.echo", [1])).args).toEqual([1]);
    await streams.update(BUCKET, { max_bytes: -1 });
    await peer.register("com.app.taken", () => 2);
    expect((await peer.call("com.app.taken", [])).args).toEqual([2]);
  },
);
