import { expressionText } from "./expression-text.js";

/** The two functions of a codec. */
export interface CodecFunctions {
  decode(wire: unknown): unknown;
  encode(value: unknown): unknown;
}

/** A value on the wire and the application's value for it. */
type Sample = readonly [wire: unknown, value: unknown];

const DATES = ["2024-02-29T12:34:56.789Z", "1969-07-20T20:17:40.001Z"].map((text): Sample => [text, new Date(text)]);
const BIGINTS = [0n, -7n, 9_007_199_254_740_991n];

/** The codecs that thin clients include, each with samples that prove that a contract's codec does the same. */
const CODECS: Readonly<Record<string, readonly Sample[]>> = {
  isoDate: DATES,
  isoDay: ["2024-02-29", "1969-07-20"].map((text) => [text, new Date(text)]),
  epochMs: DATES.map(([, date]) => [(date as Date).getTime(), date]),
  epochSeconds: [1_709_210_096, -14_182_940].map((seconds) => [seconds, new Date(seconds * 1_000)]),
  bigintText: [...BIGINTS, 2n ** 80n].map((value) => [String(value), value]),
  bigintNumber: BIGINTS.map((value) => [Number(value), value]),
  numberText: [0, -1.5, 1e21].map((value) => [String(value), value]),
  base64Bytes: [[], [0, 255], [1, 2, 3, 4]].map((bytes) => {
    return [Buffer.from(bytes).toString("base64"), Uint8Array.from(bytes)];
  }),
  mapEntries: [
    [],
    [["a", 1]],
    [
      ["b", { c: 2 }],
      ["a", null],
    ],
  ].map((pairs) => [pairs, new Map(pairs as [unknown, unknown][])]),
  setItems: [[], ["a"], ["b", 2, "a"]].map((items) => [items, new Set(items)]),
  urlText: ["https://example.com/", "https://example.com/a?b=c#d"].map((text) => [text, new URL(text)]),
};

const TEXTS = ["", "  Ab c\t", "STRASSE İ", "straße", "e\u0301\u00a0", "\n9 "];

/** The functions that `.trim()` and similar methods run. */
const OVERWRITES: Readonly<Record<string, (text: string) => string>> = {
  trim: (text) => text.trim(),
  lowerCase: (text) => text.toLowerCase(),
  upperCase: (text) => text.toUpperCase(),
  normalize: (text) => text.normalize(),
};

/** Returns the name of the codec of `wampact/thin` that does the same as the given one, as far as samples show. */
export function knownCodec({ decode, encode }: CodecFunctions): string | undefined {
  const isSame = ([wire, value]: Sample) => equal(decode(wire), value) && equal(encode(value), wire);
  return nameOf(CODECS, (samples) => samples.every(isSame));
}

/** Returns the name of the known function that changes a text in the same way. */
export function knownOverwrite(change: (value: unknown) => unknown): string | undefined {
  return nameOf(OVERWRITES, (known) => TEXTS.every((text) => change(text) === known(text)));
}

function nameOf<T>(candidates: Readonly<Record<string, T>>, test: (candidate: T) => boolean): string | undefined {
  for (const [name, candidate] of Object.entries(candidates)) {
    try {
      if (test(candidate)) return name;
    } catch {
      // a codec of another kind of value
    }
  }
  return undefined;
}

function equal(a: unknown, b: unknown): boolean {
  const text = expressionText(a);
  return text !== undefined && text === expressionText(b);
}
