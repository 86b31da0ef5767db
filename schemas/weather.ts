/**
 * A service that others wrote, described so that it can be called with types: `examples/weather/service.mjs`. It takes the city
 * and the days as positional arguments and the rest as keywords.
 */
import { error, procedure, topic } from "wampact";
import * as z from "zod";

/** There is no such city. */
export const unknownCity = error("org.weather.error.unknown_city", z.tuple([z.string()]));

/** The temperatures of the coming days, the next one first. */
export const forecast = procedure("org.weather.forecast", {
  input: z.object({
    city: z.string(),
    days: z.int().min(1).max(7),
    unit: z.enum(["celsius", "fahrenheit"]).optional().describe("Celsius where it is left out."),
  }),
  output: z.array(z.number()),
  errors: { unknownCity },
  wire: { input: { args: ["city", "days"], kwargs: "rest" } },
});

/** Cities that there are forecasts for. */
export const cities = procedure("org.weather.cities", { output: z.array(z.string()) });

/** A warning, told by its positional arguments. */
export const warning = topic("org.weather.warning", { event: z.tuple([z.string(), z.int().min(1).max(5)]) });
