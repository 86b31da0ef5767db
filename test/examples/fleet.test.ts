import { expect, test } from "vitest";
import { createTestRouter } from "wampact/testing";
import { fleetRealm, openDashboard } from "../../examples/fleet/fleet.js";
import { createFleetClient } from "../../schemas/generated/fleet.gen.js";

const at = new Date("2026-01-01T00:00:00.000Z");

test("a dashboard starts with what was retained, and goes on with what comes", async () => {
  await using router = createTestRouter(fleetRealm);
  const { reading } = createFleetClient(await router.connect());
  for (const value of [60, 72]) {
    await reading.publish({ vehicle: "van_1", sensor: "speed" }, { value, unit: "km/h", at }, { acknowledge: true });
  }
  await reading.publish({ vehicle: "van_2", sensor: "fuel" }, { value: 41, unit: "l", at }, { acknowledge: true });
  await using all = await openDashboard(await router.connect());
  await using one = await openDashboard(await router.connect(), "van_2");
  await expect.poll(() => all.lines()).toEqual(["van_1 speed: 72 km/h (retained)", "van_2 fuel: 41 l (retained)"]);
  await reading.publish({ vehicle: "van_2", sensor: "fuel" }, { value: 40, unit: "l", at }, { acknowledge: true });
  await expect.poll(() => all.lines()).toEqual(["van_1 speed: 72 km/h (retained)", "van_2 fuel: 40 l"]);
  await expect.poll(() => one.lines()).toEqual(["van_2 fuel: 40 l"]);
});

test("the history of the fleet is typed, and the newest may come first", async () => {
  await using router = createTestRouter(fleetRealm);
  const { reading } = createFleetClient(await router.connect());
  for (const value of [1, 2, 3]) {
    await reading.publish({ vehicle: "van_1", sensor: "fuel" }, { value, unit: "l", at }, { acknowledge: true });
  }
  const past: [string, number, Date][] = [];
  for await (const { params, data } of reading.history({}, { reverse: true, limit: 2 })) {
    past.push([params.vehicle, data.value, data.at]);
  }
  expect(past).toEqual([
    ["van_1", 3, at],
    ["van_1", 2, at],
  ]);
});
