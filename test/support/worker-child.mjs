/** A child process of benchmarks, plain JavaScript so that it starts fast: a worker of a hub in its parent, with a port of its own. */
import { createRouter } from "wampact/router";
import { hubCluster } from "../../dist/src/cluster/hub/hub-cluster.js";
import { processChannel } from "../../dist/src/cluster/hub/process-channel.js";

const [, , node, path, settings] = process.argv;
const { realm, tls, alone } = JSON.parse(settings);
const router = createRouter({
  realms: [{ name: realm }],
  maxHandshakesPerSecond: Number.POSITIVE_INFINITY,
  ...(!alone && { cluster: hubCluster({ node, path, channel: processChannel(process) }) }),
});
process.on("disconnect", () => process.exit());
const { url } = await router.listen({ port: 0, pingIntervalMs: 600_000, ...(tls && { tls }) });
process.send({ url });
