import { error, procedure } from "wampact";
import * as z from "zod";

/** The divisor of a division was zero. */
export const divideByZero = error(
  "com.app.error.divide_by_zero",
  z.object({ numerator: z.number().describe("The number to divide.") }),
);

const Pair = z.object({
  a: z.number().describe("Left operand."),
  b: z.number().describe("Right operand."),
});

/** Adds two numbers. */
export const add2 = procedure("com.app.add2", { input: Pair, output: z.number().describe("The sum.") });

/** Divides one number by another. */
export const divide = procedure("com.app.divide", { input: Pair, output: z.number(), errors: { divideByZero } });

/** Multiplies a value by a factor. A tuple is passed as positional arguments. */
export const scale = procedure("com.app.scale", {
  input: z.tuple([z.number().meta({ name: "value" }), z.number().meta({ name: "factor" })]),
  output: z.number(),
});

/** Counts down to zero, with one progress value per step. */
export const countdown = procedure("com.app.countdown", {
  input: z.object({ from: z.int().min(0).max(100).describe("The first number."), everyMs: z.int().min(0).default(10) }),
  progress: z.object({ left: z.int() }),
  output: z.void(),
});
