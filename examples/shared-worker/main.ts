/**
 * `npm run example:shared-worker`: a chat whose tabs share one connection, held by a SharedWorker. It builds the page, serves it
 * and the router on one port, and prints the URL. Ctrl-C ends it in order. `--port` uses a port other than 8091.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { connect } from "wampact";
import { createRouter } from "wampact/router";
import { serveRooms } from "../chat/chat.js";
import { buildSite, createSite } from "../site.js";

const example = new URL(".", import.meta.url);
const realm = "com.chat";
const { values } = parseArgs({ options: { port: { type: "string", default: "8091" } } });

await buildSite(example);
const site = createSite(example);
const router = createRouter({ realms: [{ name: realm }] });
await router.listen({ server: site });
const service = await connect({ transport: router.attach(), realm });
await serveRooms(service, ["spam"]);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await service.close();
    await router.close();
    site.close();
    site.closeAllConnections();
    console.log("The rooms are closed.");
  });
}

site.listen(Number(values.port), "127.0.0.1");
await once(site, "listening");
const { port } = site.address() as AddressInfo;
console.log(`Open it in several tabs: http://127.0.0.1:${port}/ (Ctrl-C ends it)`);
