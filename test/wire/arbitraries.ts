import * as fc from "fast-check";

/** A fixed seed: a property that failed fails again. */
fc.configureGlobal({ seed: 20260614, endOnFailure: false });

/** Text of all planes, without halves of surrogate pairs. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "binary-ascii", minLength: 20, maxLength: 120 }),
);

const integer = fc.oneof(fc.integer(), fc.maxSafeInteger());

/** What every serializer carries unchanged. A double is never an integer here: JSON does not tell them apart. */
export const portableValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom(null, true, false),
    integer,
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
    text.filter((value) => !value.startsWith("\0")),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(text, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

export const id: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  fc.maxSafeNat().map((value) => value + 1),
);
