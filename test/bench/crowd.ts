/** Joins so many sessions, says so, and waits to be killed. */
import { json } from "../../src/wire/serializers/json.js";
import { BareClient } from "./load.js";

const [, , url = "", sessions = "0"] = process.argv;
const clients = await BareClient.joinMany(url, json(), Number(sessions));
process.send?.({ joined: clients.length });
process.on("disconnect", () => process.exit());
setInterval(() => clients.length, 60_000); // they live as long as this process
