import { procedure } from "wampact";
import * as z from "zod";

/** Adds two numbers. The call is idempotent, so a router may reroute it if its callee is lost. */
export const add = procedure("com.app.add", {
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.number(),
  idempotent: true,
});
