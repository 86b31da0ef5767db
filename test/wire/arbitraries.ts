import * as fc from "fast-check";
import { fromBase64 } from "../../src/wire/bytes.js";

/** A fixed seed: a property that failed fails again. */
fc.configureGlobal({ seed: 20260614, endOnFailure: false });

/** Text of all planes, without halves of surrogate pairs. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "binary-ascii", minLength: 20, maxLength: 120 }),
);

const integer = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
);

/** Whether a number travels as a double: a smaller integer is one, and 2^53 may be an ID. */
function isDouble(value: number): boolean {
  return !Number.isInteger(value) || Math.abs(value) > 2 ** 53 || Object.is(value, -0);
}

/** Values that every serializer carries unchanged. */
export const portableValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom(null, true, false),
    integer,
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter(isDouble),
    fc
      .oneof(
        text,
        text.map((value) => `\0${value}`),
      )
      .filter((value) => !value.startsWith("\0") || fromBase64(value.slice(1)) === undefined),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(text, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

export const id: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  fc.maxSafeNat().map((value) => value + 1),
);
