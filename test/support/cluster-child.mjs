/** A child process of tests, plain JavaScript so that it starts fast: a router of a cluster, which tells its status when it is asked. */
import { natsCluster } from "wampact/nats";
import { createRouter } from "wampact/router";

const [, , servers, node, port, leaseMs, replicas] = process.argv;
const router = createRouter({
  realms: [{ name: "com.example" }],
  cluster: natsCluster({ servers: servers.split(","), node, leaseMs: Number(leaseMs), replicas: Number(replicas) }),
});
process.on("message", () => process.send?.(router.status().cluster));
process.on("disconnect", () => process.exit());
const { url } = await router.listen({ port: Number(port) });
process.stdout.write(`${url}\n`);
