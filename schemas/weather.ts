/**
 * The contract of an existing service of another author, `examples/weather/service.mjs`, so that it can be called with types. It
 * takes the city and the days as positional arguments and the rest as keywords.
 */
import { error, procedure, topic } from "wampact";
import * as z from "zod";

/** The city does not exist. */
export const unknownCity = error("org.weather.error.unknown_city", z.tuple([z.string()]));

/** Returns the temperatures of the coming days, the next one first. */
export const forecast = procedure("org.weather.forecast", {
  input: z.object({
    city: z.string(),
    days: z.int().min(1).max(7),
    unit: z.enum(["celsius", "fahrenheit"]).optional().describe("Default: celsius."),
  }),
  output: z.array(z.number()),
  errors: { unknownCity },
  wire: { input: { args: ["city", "days"], kwargs: "rest" } },
});

/** Returns the cities with forecasts. */
export const cities = procedure("org.weather.cities", { output: z.array(z.string()) });

/** A warning, with positional arguments. */
export const warning = topic("org.weather.warning", { event: z.tuple([z.string(), z.int().min(1).max(5)]) });
