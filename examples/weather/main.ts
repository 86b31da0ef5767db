/** `npm run example:weather`: calls an existing service of another author with types, by a contract that describes it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect } from "wampact";
import { createRouter } from "wampact/router";
import { createWeatherClient } from "../../schemas/generated/weather.gen.js";

const realm = "org.weather";

await using router = createRouter({ realms: [{ name: realm }] });
const { url } = await router.listen();
const service = spawn(process.execPath, [fileURLToPath(new URL("service.mjs", import.meta.url)), url, realm], {
  stdio: ["ignore", "pipe", "inherit"],
});
const output = createInterface(service.stdout);
output.on("line", (line) => console.log(line));
await once(output, "line"); // it is ready

await using peer = await connect({ url, realm });
const weather = createWeatherClient(peer);

console.log("cities:", (await weather.cities()).join(", "));
console.log("Oslo:", await weather.forecast({ city: "oslo", days: 3 }));
console.log("Rome:", await weather.forecast({ city: "rome", days: 2, unit: "fahrenheit" }));

const outcome = await weather.forecast({ city: "atlantis", days: 1 }).safe();
if (!outcome.ok && outcome.error.code === "unknownCity") console.log("unknown:", outcome.error.data[0]);

const heard = once(output, "line");
await weather.warning.publish(["Storm", 4]);
await heard;
service.kill();
