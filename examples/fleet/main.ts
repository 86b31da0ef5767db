/** `npm run example:fleet`: retained sensor values for later subscribers, and the history of all sensors. */
import { connect } from "wampact";
import { createRouter } from "wampact/router";
import { createFleetClient } from "../../schemas/generated/fleet.gen.js";
import { fleetRealm, openDashboard } from "./fleet.js";

const realm = fleetRealm.name;

await using router = createRouter({ realms: [fleetRealm] });
const { url } = await router.listen();
await using truck = await connect({ url, realm });
const sensors = createFleetClient(truck).reading;
const start = Date.now();
for (const [index, value] of [60, 72, 81].entries()) {
  const event = { value, unit: "km/h", at: new Date(start + index * 1_000) };
  await sensors.publish({ vehicle: "truck_7", sensor: "speed" }, event, { acknowledge: true });
}
await sensors.publish(
  { vehicle: "van_2", sensor: "fuel" },
  { value: 41, unit: "l", at: new Date(start) },
  { acknowledge: true },
);

await using office = await connect({ url, realm });
await using dashboard = await openDashboard(office);
await sensors.publish(
  { vehicle: "truck_7", sensor: "temperature" },
  { value: 4.5, unit: "°C", at: new Date(start + 3_000) },
  { acknowledge: true },
);
while (dashboard.lines().length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
for (const line of dashboard.lines()) console.log(line);

console.log("the last three readings of the fleet, the newest first:");
for await (const { params, data } of createFleetClient(office).reading.history({}, { reverse: true, limit: 3 })) {
  const seconds = (data.at.getTime() - start) / 1_000;
  console.log(`  ${params.vehicle} ${params.sensor}: ${data.value} ${data.unit}, at ${seconds} s`);
}
