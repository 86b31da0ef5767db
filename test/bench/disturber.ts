/**
 * A process that disturbs a router, so that what it takes itself is not taken for the router's. It says `ready`, does what it was started
 * for when it is told to, and says how that went.
 */
import { DISTURBANCES } from "./disturbances.js";

const [, , url = "", name] = process.argv;
process.on("disconnect", () => process.exit());
const disturbance = DISTURBANCES.find((each) => each.name === name);
if (!disturbance) throw new Error(`there is no disturbance "${name}"`);
const act = await disturbance.prepare(url);
process.once("message", async () => process.send?.({ how: await act() }));
process.send?.("ready");
