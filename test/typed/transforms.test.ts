import { expect, test } from "vitest";
import * as z from "zod";
import { createValidator } from "../../src/contract/validate.js";

test.for([
  ["a transform", z.string().transform(Number), "3", "3", 3],
  ["a transform that is checked afterwards", z.string().transform(Number).pipe(z.number()), "3", "3", 3],
  ["a default inside a pipe", z.number().default(7).pipe(z.number()), undefined, undefined, 7],
  ["a default in an object", z.object({ a: z.number().default(7) }), {}, {}, { a: 7 }],
  ["a codec", z.codec(z.string(), z.number(), { decode: Number, encode: String }), 3, "3", 3],
] as const)("%s: the sender gives its input, the receiver gets its result", ([, schema, sent, wire, received]) => {
  const validator = createValidator(schema, "both");
  expect(validator.send(sent)).toEqual({ ok: true, value: wire });
  expect(validator.receive(wire)).toEqual({ ok: true, value: received });
});
