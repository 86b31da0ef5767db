/** The contract of the smoke test of runtimes. */
import { error, procedure, topic } from "wampact";
import * as z from "zod";

const divideByZero = error("com.smoke.divide_by_zero", z.object({ numerator: z.number() }));

export const divide = procedure("com.smoke.divide", {
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.object({ quotient: z.number() }),
  errors: { divideByZero },
});
export const count = procedure("com.smoke.count", {
  input: z.object({ to: z.int() }),
  progress: z.object({ at: z.int() }),
  output: z.object({ counted: z.int() }),
});
/** Publishes `said`, then answers. */
export const say = procedure("com.smoke.say", { input: z.object({ text: z.string() }) });
export const said = topic("com.smoke.said", { event: z.object({ text: z.string() }) });
/** Answers, then ends the router and starts another one on its port. */
export const restart = procedure("com.smoke.restart", {});
