/** One router of the cluster. Arguments: the URL of NATS, and the router's name. */
import { natsCluster } from "wampact/nats";
import { createRouter } from "wampact/router";

const [servers, node] = process.argv.slice(2);
const router = createRouter({
  realms: [{ name: "com.app" }],
  cluster: natsCluster({ servers, node, name: "example" }),
});
const { url } = await router.listen(); // once it has joined
console.log(url);
process.once("SIGTERM", () => router.close());
