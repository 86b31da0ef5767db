import { branded, topic } from "wampact";
import * as z from "zod";

/** A date travels as its ISO text. */
const Timestamp = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

export const Vehicle = branded("Vehicle", z.string().regex(/^[0-9a-z_]+$/));
export const Sensor = z.enum(["temperature", "speed", "fuel"]);

/** What a sensor of a vehicle has measured. The router keeps the last reading of each for those who come later. */
export const reading = topic("com.fleet.{vehicle}.{sensor}", {
  params: { vehicle: Vehicle, sensor: Sensor },
  event: z.object({ value: z.number(), unit: z.string(), at: Timestamp }),
  retain: true,
});
