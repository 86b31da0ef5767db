/**
 * `npm run example:auction`: an auction house with a React page. It builds the page, serves it and the router on one port, and
 * prints the URL. Ctrl-C ends it in order. `--port` uses a port other than 8090, `--alone` invites no other bidders, `--built`
 * serves the page from the last build.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { connect } from "wampact";
import { createRouter } from "wampact/router";
import { buildSite, createSite } from "../site.js";
import { inviteGuests } from "./guests.js";
import { openHouse } from "./house.js";

const example = new URL(".", import.meta.url);
const realm = "com.auction";
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8090" },
    alone: { type: "boolean", default: false },
    built: { type: "boolean", default: false },
  },
});

if (!values.built) await buildSite(example);
const site = createSite(example);
const router = createRouter({ realms: [{ name: realm }] });
await router.listen({ server: site });
const service = await connect({ transport: router.attach(), realm });
const house = await openHouse(service);
const sendHome = values.alone ? () => {} : inviteGuests(service);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    sendHome();
    await house.close(); // answers calls in progress
    await service.close();
    await router.close(); // informs the pages, which reconnect by themselves
    site.close();
    site.closeAllConnections();
    console.log("The auction is over.");
  });
}

site.listen(Number(values.port), "127.0.0.1");
await once(site, "listening");
console.log(`The auction is open: http://127.0.0.1:${(site.address() as AddressInfo).port}/ (Ctrl-C ends it)`);
