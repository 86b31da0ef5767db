import { expect, test } from "vitest";
import { createTestRouter } from "wampact/testing";
import { createWeatherClient } from "../../schemas/generated/weather.gen.js";

test("the contract puts values where the other service looks for them, and reads its answers", async () => {
  await using router = createTestRouter();
  const service = await router.connect();
  const seen: unknown[] = [];
  await service.register("org.weather.forecast", ({ args, kwargs }) => {
    seen.push({ args, kwargs });
    return [1, 2];
  });
  await service.register("org.weather.cities", () => ["oslo", 7]);
  const weather = createWeatherClient(await router.connect());
  expect(await weather.forecast({ city: "oslo", days: 2 })).toEqual([1, 2]);
  expect(await weather.forecast({ city: "oslo", days: 2, unit: "fahrenheit" })).toEqual([1, 2]);
  expect(seen).toEqual([
    { args: ["oslo", 2], kwargs: {} },
    { args: ["oslo", 2], kwargs: { unit: "fahrenheit" } },
  ]);
  // what a service of others answers is checked like any other
  expect(await weather.cities().safe()).toMatchObject({ error: { code: "invalidOutput", issues: [{ path: [1] }] } });
});
