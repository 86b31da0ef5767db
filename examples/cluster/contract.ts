import { procedure } from "wampact";
import * as z from "zod";

/** Adds two numbers. To do it twice does no harm, so that a router may give it to another callee where one is gone. */
export const add = procedure("com.app.add", {
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.number(),
  idempotent: true,
});
