import { branded, topic } from "wampact";
import * as z from "zod";

/** A date that is sent as an ISO string. */
const Timestamp = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

export const Vehicle = branded("Vehicle", z.string().regex(/^[0-9a-z_]+$/));
export const Sensor = z.enum(["temperature", "speed", "fuel"]);

/** A measurement of a vehicle's sensor. The router retains the last reading of each sensor for later subscribers. */
export const reading = topic("com.fleet.{vehicle}.{sensor}", {
  params: { vehicle: Vehicle, sensor: Sensor },
  event: z.object({ value: z.number(), unit: z.string(), at: Timestamp }),
  retain: true,
});
