import { procedure, topic } from "wampact";
import * as z from "zod";

/** The procedures that the service offers and the client calls. */
export const greetings = {
  greet: procedure("com.app.greet", { input: z.object({ name: z.string() }), output: z.string(), idempotent: true }),
  greeted: topic("com.app.greeted", { event: z.object({ name: z.string() }) }),
};
